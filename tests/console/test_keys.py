"""The keys screen: who depends on each key; rotated after a proof, ended by two operators."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from cdp.accounts.models import Operator, OperatorRole
from cdp.approvals.models import Approval
from cdp.kernel import database, keyring
from cdp.kernel.keyring import Use
from cdp.kernel.models import JobRun
from cdp.kernel.roles import Role
from cdp.keys import work
from tests.console.conftest import Console
from tests.keys.conftest import born, own_keyring
from tests.operators import browser_of

__all__ = ["own_keyring"]  # a fixture

Roles = OperatorRole.Role
KEYS = "/console/settings/keys/"
KEK_1 = {"use": "kek", "key_id": 1, "ending": "retirement"}


@pytest.fixture
def ole(own_keyring: Path, console: Console) -> Iterator[Client]:
    """Return the browser of an owner, with a keyring that may change and three people under it."""
    born(3)
    yield console(Roles.ADMINISTRATOR)


@pytest.fixture
def li(console: Console) -> Client:
    """Return the browser of an approver."""
    return console(Roles.APPROVER)


def carried_out() -> None:
    """Let the process that may carry out what was asked."""
    assert work.carry_out_asked() > 0


def page_of(browser: Client) -> str:
    return browser.get(KEYS).content.decode()


def test_the_screen_shows_who_depends_on_each_key_and_no_key(ole: Client) -> None:
    page = page_of(ole)

    assert re.search(r"kek 1.*active.*>3<", page, re.DOTALL)
    assert "Wraps the data key of each person" in page
    for key in keyring.current().every():
        assert key.material.hex() not in page
        assert key.check_value.hex() not in page


def test_a_key_is_rotated_wrapped_anew_retired_and_destroyed_from_the_console(
    ole: Client, li: Client
) -> None:
    ole.post(reverse("console:key_rotation", args=["kek"]))
    carried_out()
    rotated = page_of(ole)
    ole.post(reverse("console:keys_rewrap"))
    carried_out()
    moved = page_of(ole)
    for ending in ("retirement", "destruction"):
        which = {**KEK_1, "ending": ending}
        ole.post(reverse("console:key_approval", kwargs=which), {"reason": "yearly"})
        asked = Approval.objects.get(state="asked")
        li.post(reverse("console:approval_approve", args=[asked.pk]))
        ole.post(reverse("console:key_end", kwargs=which))
        carried_out()

    assert "3 data keys are still under a former key" in rotated
    assert "still under a former key" not in moved
    assert "Retire…" in moved
    assert [key.id for key in keyring.current().of(Use.KEK)] == [2]
    assert re.search(r"kek 1.*destroyed", page_of(ole), re.DOTALL)


def test_without_a_second_operator_a_key_does_not_end(ole: Client, li: Client) -> None:
    ole.post(reverse("console:key_rotation", args=["kek"]))
    carried_out()
    ole.post(reverse("console:keys_rewrap"))
    carried_out()

    ole.post(reverse("console:key_approval", kwargs=KEK_1), {"reason": "yearly"})
    ole.post(reverse("console:key_end", kwargs=KEK_1))

    assert JobRun.objects.filter(kind=work.RETIRE).count() == 0
    assert keyring.current().get(Use.KEK, 1).state == "enabled"
    assert "waiting for approval" in page_of(ole)


def test_acts_on_keys_take_a_fresh_proof(ole: Client) -> None:
    """Case 48: a session that was left open touches no key."""
    with database.as_role(Role.WEB):
        stale = browser_of(Operator.objects.get(pk=ole.session["_auth_user_id"]), proven=False)

    answers = [
        stale.post(reverse("console:key_rotation", args=["kek"])),
        stale.post(reverse("console:keys_rewrap")),
        stale.post(reverse("console:key_end", kwargs=KEK_1)),
    ]

    assert all("/confirm/" in answer["Location"] for answer in answers)
    assert JobRun.objects.count() == 0


@pytest.mark.parametrize("use", ["index", "reference", "intake", "kek; drop"])
def test_a_root_is_not_rotated_from_a_made_up_address(ole: Client, use: str) -> None:
    assert ole.post(f"{KEYS}{use}/rotation/").status_code == 404
    assert ole.post(f"{KEYS}{use}/1/retirement/").status_code == 404
    assert ole.post(f"{KEYS}sign/1/destruction/").status_code == 404


def test_a_key_that_the_database_does_not_know_is_shown_in_red(ole: Client) -> None:
    with database.as_role(Role.OWNER), database.cursor() as sql:
        sql.execute("UPDATE kernel_key SET check_value = 'x' WHERE use = 'kek'")

    page = page_of(ole)

    assert "Key kek 1 is not the one that the database knows." in page


def test_running_work_shows_its_progress_alone_to_htmx(ole: Client) -> None:
    ole.post(reverse("console:keys_rewrap"))

    part = ole.get(KEYS, headers={"HX-Request": "true"})
    carried_out()
    over = ole.get(KEYS, headers={"HX-Request": "true"})

    assert (part.status_code, over.status_code) == (200, 286)
    assert ("HX-Refresh" in part.headers, over["HX-Refresh"]) == (False, "true")
    assert "<html" not in part.content.decode()
    assert "Data keys wrapped anew" in part.content.decode()
