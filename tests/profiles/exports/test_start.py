"""Starting an export: by who planned it, after an approval where it takes two, five a day."""

from datetime import timedelta

import pytest

from cdp.accounts.models import OperatorRole
from cdp.approvals import ask
from cdp.approvals.models import Approval
from cdp.approvals.require import ApprovalNeeded
from cdp.kernel import clock, database
from cdp.kernel.roles import Role
from profiles.exports import start
from profiles.exports.start import NotFromThere, NotYourExport, TooManyExports
from profiles.segments.models import Segment
from tests.profiles.exports.conftest import Desk


def test_an_export_of_contact_details_is_started_once_another_operator_approved(
    desk: Desk,
) -> None:
    export = desk.counted()
    with pytest.raises(ApprovalNeeded):
        desk.starts(export)
    desk.approved(export)

    desk.starts(export)

    assert export.state == "writing"
    assert Approval.objects.get().used_at is not None
    with pytest.raises(NotFromThere):
        desk.starts(export)


def test_the_snapshot_holds_what_a_second_operator_decides_on(desk: Desk) -> None:
    export = desk.counted()
    with database.as_role(Role.WEB):
        asked = start.ask_approval(export.pk, actor=desk.alice)

    assert asked.title == "Tea lovers → Print shop"
    assert (asked.people, asked.reason) == (2, "catalog 2026")
    assert asked.snapshot["fields"] == "trait.orders, contact.email, contact.first_name"
    assert "canary" not in str(asked.snapshot)


def test_another_rule_of_the_segment_takes_another_approval(desk: Desk) -> None:
    export = desk.counted()
    desk.approved(export)
    rule = {"version": 1, "where": {"trait": "orders", "op": "ge", "value": 9}}

    with database.as_role(Role.WEB):
        Segment.objects.filter(pk=desk.segment.pk).update(rule=rule)

    with pytest.raises(ApprovalNeeded, match="changed"):
        desk.starts(export)


def test_only_who_planned_it_goes_on(desk: Desk) -> None:
    export = desk.counted("trait.orders")

    for verb in (start.start, start.ask_approval):
        with database.as_role(Role.WEB), pytest.raises(NotYourExport):
            verb(export.pk, actor=desk.li)

    desk.starts(export)


def test_what_is_not_counted_yet_is_neither_asked_for_nor_started(desk: Desk) -> None:
    export = desk.plans("trait.orders")

    for verb in (start.start, start.ask_approval):
        with database.as_role(Role.WEB), pytest.raises(NotFromThere):
            verb(export.pk, actor=desk.alice)


def test_an_operator_starts_five_a_day(desk: Desk) -> None:
    for _ in range(5):
        desk.starts(desk.counted("trait.orders"))
    sixth = desk.counted("trait.orders")

    with pytest.raises(TooManyExports):
        desk.starts(sixth)
    with clock.stopped(clock.now() + timedelta(days=1, seconds=1)):
        desk.starts(sixth)

    assert sixth.state == "writing"


def test_alone_in_a_workspace_nobody_exports_contact_details(desk: Desk) -> None:
    export = desk.counted()

    with database.as_role(Role.WEB):
        OperatorRole.objects.filter(operator_id=desk.li.name).delete()
        with pytest.raises(ask.NobodyToAsk):
            start.ask_approval(export.pk, actor=desk.alice)
