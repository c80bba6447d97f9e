"""Settings, team: inviting, granting and ending access at the screens, all of it on the record."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Inbox
from cdp.accounts import operators
from cdp.accounts.models import Operator, OperatorRole
from cdp.accounts.permissions import Role
from cdp.kernel import database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role as Login
from tests.console.conftest import Console
from tests.operators import browser_of

PASSWORD = "correct horse battery"


@pytest.fixture
def owner(console: Console) -> Client:
    """Return the browser of the only owner."""
    return console(Role.ADMINISTRATOR)


@pytest.fixture
def li(workspace: Workspace) -> Operator:
    """Return a colleague who looks only."""
    with database.door("web"):
        made = operators.create_operator(email="li@shop.example", name="Li", password=PASSWORD)
        operators.grant_role(made, workspace=workspace.pk, role=Role.VIEWER)
    return made


def roles_of(operator: Operator) -> set[str]:
    """Return the roles that somebody holds."""
    with database.door("web"):
        return set(OperatorRole.objects.filter(operator=operator).values_list("role", flat=True))


def acts() -> list[tuple[str, str, str]]:
    """Return what the record says about operators: who, what, with which detail."""
    with database.as_role(Login.AUDIT):
        rows = Inbox.objects.filter(act__startswith="operator.").order_by("id")
        return [(row.actor.partition(":")[0], row.act, row.detail) for row in rows]


def change(browser: Client, operator: Operator, role: Role, act: str) -> Any:
    """Press Grant or Take beside a role."""
    return browser.post(reverse("console:member_role", args=[operator.pk, role]), {"act": act})


def test_the_team_is_listed_with_its_roles(owner: Client, li: Operator) -> None:
    page = owner.get(reverse("console:team")).content.decode()

    assert "Li" in page and "li@shop.example" in page and "Viewer" in page


def test_an_owner_grants_and_takes_a_role_on_the_record(owner: Client, li: Operator) -> None:
    change(owner, li, Role.MARKETER, "grant")
    change(owner, li, Role.MARKETER, "grant")
    assert roles_of(li) == {"viewer", "marketer"}

    change(owner, li, Role.VIEWER, "take")

    assert roles_of(li) == {"marketer"}
    assert acts() == [
        ("op", "operator.role_granted", '{"role":"marketer"}'),
        ("op", "operator.role_taken", '{"role":"viewer"}'),
    ]


def test_a_taken_role_counts_from_the_next_click(owner: Client, li: Operator) -> None:
    with database.door("web"):
        theirs = browser_of(li)
    assert theirs.get(reverse("console:segments")).status_code == 200

    change(owner, li, Role.VIEWER, "take")

    assert theirs.get(reverse("console:segments")).status_code == 403


def test_ended_access_sends_the_next_click_to_the_sign_in_page(owner: Client, li: Operator) -> None:
    with database.door("web"):
        theirs = browser_of(li)

    owner.post(reverse("console:member_access", args=[li.pk]))

    answer = theirs.get(reverse("console:segments"))
    assert answer.status_code == 302 and answer["Location"].startswith("/account/signin/")
    assert acts()[-1][1] == "operator.access_ended"
    assert owner.get(reverse("console:member", args=[li.pk])).status_code == 404


def test_nobody_changes_their_own_roles(owner: Client, li: Operator) -> None:
    with database.door("web"):
        me = Operator.objects.exclude(pk=li.pk).get()

    answers = [
        change(owner, me, Role.MARKETER, "grant"),
        owner.post(reverse("console:member_access", args=[me.pk])),
        owner.post(reverse("console:member_link", args=[me.pk])),
    ]

    assert [answer.status_code for answer in answers] == [409] * 3
    assert "nobody changes their own access" in answers[0].content.decode()
    assert roles_of(me) == {"administrator"}
    assert acts() == []


def test_the_link_that_an_owner_hands_over_lets_a_new_colleague_in(owner: Client) -> None:
    shown = owner.post(
        reverse("console:team_invite"), {"name": "Noa", "email": "noa@shop.example"}
    ).content.decode()
    token = re.search(r"/account/join/#([\w-]+)", shown)
    assert token
    noa = Client()

    joined = noa.post(
        reverse("account:join"),
        {"token": token[1], "password": PASSWORD, "again": PASSWORD},
    )

    assert joined["Location"] == reverse("account:signin")
    with database.door("web"):
        assert Operator.objects.get(email="noa@shop.example").check_password(PASSWORD)
    assert [act for _, act, _ in acts()] == ["operator.invited", "operator.joined"]
    page = owner.get(reverse("console:team")).content.decode()
    assert "Noa" in page and "no role" in page and token[1] not in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"password": "short", "again": "short"}, "Choose at least 12 characters"),
        ({"password": PASSWORD, "again": PASSWORD + "!"}, "The two passwords differ."),
        ({"token": "guessed"}, "This link was used or is over."),
    ],
    ids=["weak", "differing", "guessed"],
)
def test_joining_is_refused_with_a_reason_and_uses_nothing_up(
    owner: Client, typed: dict[str, str], said: str
) -> None:
    shown = owner.post(
        reverse("console:team_invite"), {"name": "Noa", "email": "noa@shop.example"}
    ).content.decode()
    token = re.search(r"/account/join/#([\w-]+)", shown)
    assert token
    fine = {"token": token[1], "password": PASSWORD, "again": PASSWORD}

    refused = Client().post(reverse("account:join"), fine | typed)

    assert refused.status_code == 422 and said in refused.content.decode()
    assert Client().post(reverse("account:join"), fine).status_code == 302


def test_the_page_of_a_link_gives_nothing_away(db: None) -> None:
    answer = Client().get(reverse("account:join"))

    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]


def test_another_workspace_s_operator_is_not_here(owner: Client, workspace: Workspace) -> None:
    with database.door("web"):
        outlet = Workspace.objects.create(key="outlet", name="Bob's Outlet", settings={})
        bob = operators.create_operator(email="bob@x.example", name="Bob", password=PASSWORD)
        operators.grant_role(bob, workspace=outlet.pk, role=Role.VIEWER)

    answers = [
        owner.get(reverse("console:member", args=[bob.pk])),
        change(owner, bob, Role.MARKETER, "grant"),
        owner.post(reverse("console:member_link", args=[bob.pk])),
        owner.post(reverse("console:member_access", args=[bob.pk])),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert roles_of(bob) == {"viewer"}


def test_an_old_proof_does_not_let_an_owner_change_roles(
    workspace: Workspace, console: Console, li: Operator
) -> None:
    console(Role.ADMINISTRATOR)
    with database.door("web"):
        ada = Operator.objects.exclude(pk=li.pk).get()
        stale = browser_of(ada, proven=False)

    answer = change(stale, li, Role.MARKETER, "grant")

    assert answer["Location"] == reverse("account:confirm")
    assert roles_of(li) == {"viewer"}


def test_whoever_may_not_open_a_page_is_told_who_can(
    console: Console, li: Operator, owner: Client
) -> None:
    uma = console(Role.AUDITOR)

    page = uma.get(reverse("console:team"))

    text = page.content.decode()
    assert page.status_code == 403
    assert "Invite operators, grant and take roles" in text
    assert re.search(r"Who can open it</dt><dd>Operator 1</dd>", text)
    assert re.search(r"Who can grant it</dt><dd>Operator 1</dd>", text)
