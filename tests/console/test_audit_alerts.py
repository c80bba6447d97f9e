"""Alerts as screens: the list, the form, and who may see them."""

from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from audit import alerts
from audit.models import Alert, AlertHit
from cdp.accounts.models import Operator, OperatorRole
from cdp.kernel import clock, database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from tests.audit.logs import add_workspace
from tests.console.conftest import Console

ASKED = {
    "name": "Many merges", "acts": ["profile.merge", "consent."], "actor_kind": "op",
    "counted": "apart", "more_than": "5", "within_minutes": "30", "is_on": "on",
}  # fmt: skip
LIST = "console:audit_alerts"


def page(browser: Client, name: str, *args: object) -> str:
    return browser.get(reverse(name, args=args)).content.decode()


@pytest.fixture
def shipped(workspace: Workspace) -> Alert:
    alerts.ship()
    return Alert.objects.get(key="many-reveals")


def test_before_the_first_minute_the_list_says_what_comes(omar: Client) -> None:
    assert "they appear within a minute" in page(omar, LIST)


def test_alerts_are_listed_in_words(omar: Client, shipped: Alert) -> None:
    listed = page(omar, LIST)

    assert "More than 50 reveals an hour by one operator" in listed
    assert "opened personal values · more than 50 within 1\u00a0h" in listed
    assert "between 22:00 and 6:00" in listed
    assert "opened personal values · the first time" in listed


def test_a_hit_leads_to_its_entry(omar: Client, shipped: Alert) -> None:
    AlertHit.objects.create(alert=shipped, actor="db:cdp_web", idx=1234, at=clock.now(), count=51)

    listed = page(omar, LIST)

    assert reverse("console:audit_entry", args=[1234]) in listed
    assert "database login cdp_web" in listed


def test_an_alert_is_made_as_the_form_says(omar: Client) -> None:
    answer = omar.post(reverse("console:audit_alert_new"), ASKED)

    made = Alert.objects.get(name="Many merges")
    assert answer["Location"] == reverse(LIST)
    assert (made.acts, made.more_than, made.within_minutes) == (
        ["profile.merge", "consent."],
        5,
        30,
    )
    assert (made.per_actor, made.from_hour, made.told, made.is_on) == (True, None, [], True)


def test_the_form_shows_what_is_kept_and_keeps_what_is_shown(
    omar: Client, shipped: Alert, workspace: Workspace
) -> None:
    with database.as_role(Role.WEB):
        told = str(Operator.objects.get().pk)
    changed = {**ASKED, "from_hour": "22", "to_hour": "6", "counted": "together", "told": [told]}
    del changed["is_on"]
    where = reverse("console:audit_alert", args=[shipped.pk])

    omar.post(where, changed)
    form = omar.get(where).context["form"]

    kept = Alert.objects.get(pk=shipped.pk)
    assert (kept.from_hour, kept.to_hour, kept.per_actor, kept.is_on) == (22, 6, False, False)
    assert kept.told == [UUID(told)]
    assert form.initial["counted"] == "together"
    assert form.initial["told"] == [told]
    assert form.initial["acts"] == ["profile.merge", "consent."]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"acts": []}, "This field is required."),
        ({"from_hour": "3"}, "Give both hours, or neither."),
        ({"within_minutes": "0"}, "greater than or equal to 1"),
        ({"name": "mei@example.com"}, "Leave addresses and phone numbers out."),
        ({"told": [str(UUID(int=7))]}, "Select a valid choice."),
    ],
)
def test_what_cannot_be_an_alert_is_said(omar: Client, wrong: dict[str, object], said: str) -> None:
    answer = omar.post(reverse("console:audit_alert_new"), {**ASKED, **wrong})

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert Alert.objects.count() == 0


def test_only_readers_of_the_log_can_be_told(console: Console, omar: Client) -> None:
    console(OperatorRole.Role.MARKETER)

    form = omar.get(reverse("console:audit_alert_new")).context["form"]

    assert [name for _, name in form.fields["told"].choices] == ["Operator 0"]


def test_an_alert_of_another_workspace_is_not_here(omar: Client, shipped: Alert) -> None:
    outlet = add_workspace(UUID(int=9), key="outlet")
    with database.in_workspace(outlet):
        elsewhere = Alert.objects.create(name="Theirs", acts=["vault."])

    assert omar.get(reverse("console:audit_alert", args=[elsewhere.pk])).status_code == 404
    assert "Theirs" not in page(omar, LIST)
