"""Exports on screen: planned, approved by another operator, written by a worker, fetched once."""

import csv
import io
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from audit.actors import Actor
from cdp.accounts.models import Operator
from cdp.approvals.models import Approval
from cdp.kernel import clock, database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from cdp.portal.history import newest_uses, tell
from cdp.portal.timeline import Row
from consent.window import purpose, subject_window
from profiles.exports import tasks
from profiles.exports.models import Export
from profiles.models import Member, Segment
from tests.console.conftest import Console
from tests.console.test_approvals import li
from tests.operators import browser_of
from tests.people import EVERYTHING, Customer, Shop

__all__ = ["li"]  # a fixture

RULE = {"version": 1, "where": {"trait": "orders", "op": "ge", "value": 1}}


@pytest.fixture
def mei(shop: Shop) -> Customer:
    return shop.welcome("mei", says=EVERYTHING)


@pytest.fixture
def segment(workspace: Workspace, mei: Customer) -> Segment:
    with database.as_role(Role.WEB):
        made = Segment.objects.create(name="Tea lovers", rule=RULE, created_by="sys:test")
    with purpose("profiling.segmentation", actor=Actor.job("test", "1")):
        Member.objects.create(
            subject_id=mei.subject, segment_id=made.pk, entered_at=clock.now(), reason=[]
        )
    return made


def planned(browser: Client, segment: Segment, **changed: object) -> Export:
    given = {
        "segment": str(segment.pk), "purpose": "marketing.email", "contact": ["contact.email"],
        "recipient": "Print shop", "reason": "catalog 2026", **changed,
    }  # fmt: skip
    answer = browser.post(reverse("console:export_new"), given)
    assert answer.status_code == 302, answer.content.decode()
    return Export.objects.get(pk=answer["Location"].rstrip("/").rpartition("/")[2])


def works(export: Export) -> None:
    """Let a worker carry out what the export waits for."""
    export.refresh_from_db()
    task = tasks.count_export if export.state == "counting" else tasks.write_export
    task(run_id=str(export.job_id), export_id=str(export.pk), workspace_id=str(export.workspace_id))
    export.refresh_from_db()


def page_of(browser: Client, export: Export) -> str:
    return browser.get(reverse("console:export", args=[export.pk])).content.decode()


def presses(browser: Client, act: str, export: Export) -> int:
    return browser.post(reverse(f"console:export_{act}", args=[export.pk])).status_code


def test_an_export_goes_from_plan_to_file_by_two_operators(
    alice: Client, li: Client, segment: Segment, mei: Customer
) -> None:
    export = planned(alice, segment)
    counting = page_of(alice, export)
    works(export)
    counted = page_of(alice, export)
    presses(alice, "approval", export)
    li.post(reverse("console:approval_approve", args=[Approval.objects.get().pk]))
    presses(alice, "start", export)
    works(export)
    ready = page_of(alice, export)

    answer = alice.post(reverse("console:export_file", args=[export.pk]))

    assert "A worker counts" in counting
    assert "1 person would be in it." in counted
    assert "Fetch it, once" in ready
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="export-')
    assert answer["Cache-Control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert rows == [{"profile": str(mei.subject), "contact.email": mei.email}]
    assert "There is no other copy here" in page_of(alice, export)
    assert presses(alice, "file", export) == 302  # back to the page: it is gone


def test_a_customer_reads_that_they_were_exported_and_to_whom(
    alice: Client, li: Client, segment: Segment, mei: Customer
) -> None:
    export = planned(alice, segment, contact=[], traits=["trait.orders"],
                     purpose="profiling.segmentation")  # fmt: skip
    works(export)
    presses(alice, "start", export)
    works(export)

    told = _told(mei.subject)

    assert "Your data was put into a file for Print shop" in told


def _told(subject: UUID) -> list[str]:
    with database.as_role(Role.PORTAL), subject_window(subject, actor=f"cust:{subject}"):
        uses = newest_uses(subject, limit=20)
        return [str(told.what) for told in tell([Row(use.at, use=use) for use in uses])]


def test_without_an_approval_the_file_is_not_written(
    alice: Client, li: Client, segment: Segment
) -> None:
    export = planned(alice, segment)
    works(export)

    presses(alice, "start", export)

    export.refresh_from_db()
    assert export.state == "counted"
    assert "Ask for it first." in page_of(alice, export)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"contact": []}, "Choose at least one field"),
        ({"traits": ["trait.orders"]}, "does not cover"),
        ({"recipient": "mei@example.com"}, "Leave addresses"),
        ({"reason": "+8613800138000"}, "Leave addresses"),
        ({"purpose": "operations"}, "Select a valid choice"),
        ({"contact": ["contact.id_number"]}, "Select a valid choice"),
        ({"segment": "00000000-0000-0000-0000-000000000000"}, "Select a valid choice"),
    ],
)
def test_what_may_not_be_exported_is_refused_in_words(
    alice: Client, segment: Segment, changes: dict[str, object], said: str
) -> None:
    given = {
        "segment": str(segment.pk), "purpose": "marketing.email", "contact": ["contact.email"],
        "recipient": "Print shop", "reason": "catalog 2026", **changes,
    }  # fmt: skip

    answer = alice.post(reverse("console:export_new"), given)

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert Export.objects.count() == 0


def test_writing_and_fetching_take_a_fresh_proof(
    alice: Client, li: Client, segment: Segment
) -> None:
    """Case 48: a session that was left open hands out nothing."""
    export = planned(alice, segment, contact=[], traits=["trait.orders"],
                     purpose="profiling.segmentation")  # fmt: skip
    works(export)
    with database.as_role(Role.WEB):
        operator = Operator.objects.get(pk=alice.session["_auth_user_id"])
        stale = browser_of(operator, proven=False)

    answers = [
        stale.post(reverse(f"console:export_{act}", args=[export.pk])) for act in ("start", "file")
    ]

    export.refresh_from_db()
    assert all("/confirm/" in answer["Location"] for answer in answers)
    assert export.state == "counted"


def test_another_operator_sees_the_export_and_fetches_nothing(
    alice: Client, console: Console, li: Client, segment: Segment
) -> None:
    other = console("analyst")
    export = planned(alice, segment, contact=[], traits=["trait.orders"],
                     purpose="profiling.segmentation")  # fmt: skip
    works(export)
    presses(alice, "start", export)
    works(export)

    answer = other.post(reverse("console:export_file", args=[export.pk]))

    export.refresh_from_db()
    assert answer.status_code == 302
    assert export.state == "ready"
    assert "Only who planned it may fetch it." in page_of(other, export)
    assert "Print shop" in other.get(reverse("console:exports")).content.decode()
    assert alice.post(reverse("console:export_file", args=[export.pk])).status_code == 200


def test_the_list_says_when_there_is_none(alice: Client) -> None:
    assert "There is none yet." in alice.get(reverse("console:exports")).content.decode()
