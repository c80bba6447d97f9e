"""The bell and the list behind it."""

from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from cdp.accounts import notifications
from cdp.accounts.models import Notification, Operator
from cdp.accounts.notifications import Kind
from cdp.kernel import database, jobs
from cdp.kernel.models import JobRun
from cdp.kernel.roles import Role


@pytest.fixture
def run(omar: Client) -> JobRun:
    """Return a job run of which Omar is told that it failed."""
    failed = jobs.start("refresh_segment", actor="sys:test")
    params = {"job": failed.kind, "reason": "TimeoutError"}
    notifications.tell([me(omar)], Kind.JOB_FAILED, obj=f"job:{failed.id}", params=params)
    return failed


def me(browser: Client) -> UUID:
    with database.as_role(Role.WEB):
        return Operator.objects.get(pk=browser.session["_auth_user_id"]).pk


def unread(browser: Client) -> list[Notification]:
    operator = me(browser)
    with database.as_role(Role.WEB):
        return notifications.newest(operator, only_unread=True)


def bell(browser: Client) -> str:
    page = browser.get(reverse("console:overview")).content.decode()
    return page[page.index('title="Notifications"') :][:300]


def test_the_bell_counts_what_is_unread(omar: Client, run: JobRun) -> None:
    assert "1 unread" in bell(omar)


def test_the_list_says_what_happened(omar: Client, run: JobRun) -> None:
    page = omar.get(reverse("console:notifications")).content.decode()

    assert "Segment refresh failed: TimeoutError" in page


def test_opening_one_leads_to_its_screen_and_empties_the_bell(omar: Client, run: JobRun) -> None:
    (line,) = unread(omar)

    answer = omar.post(reverse("console:notification", args=[line.pk]))

    assert answer["Location"] == reverse("console:job", args=[run.id])
    assert "unread" not in bell(omar)
    page = omar.get(reverse("console:notifications"), {"show": "unread"}).content.decode()
    assert "You have read them all." in page


def test_all_are_read_at_once(omar: Client, run: JobRun) -> None:
    notifications.tell([me(omar)], Kind.APPROVAL_ASKED, params={"by": "sys:x", "name": "Spring"})

    omar.post(reverse("console:notifications_read"))

    assert unread(omar) == []


def test_a_line_of_somebody_else_is_not_here(omar: Client, alice: Client, run: JobRun) -> None:
    (line,) = unread(omar)

    answer = alice.post(reverse("console:notification", args=[line.pk]))

    assert answer.status_code == 404
    assert unread(omar) == [line]
    assert "Segment refresh" not in alice.get(reverse("console:notifications")).content.decode()


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_words_also_without_its_parameters(omar: Client, kind: Kind) -> None:
    notifications.tell([me(omar)], kind)

    page = omar.get(reverse("console:notifications")).content.decode()

    assert f">{kind}<" not in page
    assert omar.get(reverse("console:notifications")).status_code == 200


def test_a_decision_is_told_as_what_it_was(omar: Client) -> None:
    for state in ("approved", "rejected", "expired"):
        params = {"by": "sys:x", "name": "Spring", "state": state}
        notifications.tell([me(omar)], Kind.APPROVAL_DECIDED, params=params)

    page = omar.get(reverse("console:notifications")).content.decode()

    for said in ("approved what you", "rejected what you", "Nobody decided in time"):
        assert said in page
