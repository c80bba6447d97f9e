"""Planning an export: the purpose covers what is exported, and people said yes to it."""

import pytest

from cdp.kernel import database
from cdp.kernel.roles import Role
from consent.models import Purpose
from profiles.exports import columns, plan
from profiles.exports.columns import COLUMNS, ColumnsRefused
from profiles.exports.plan import ExportRefused
from profiles.segments.find import NoSuchSegment
from profiles.segments.models import Segment
from tests.profiles.exports.conftest import PERSONAL, Desk, entries


def test_a_plan_counts_whom_it_would_hold_and_reads_nobody_else(desk: Desk) -> None:
    export = desk.counted()

    assert (export.state, export.people) == ("counted", 2)  # Jonas refused e-mail
    assert entries("export.plan") == [(None, f"export:{export.pk}")]
    assert entries("vault.open") == []


def test_a_purpose_exports_no_more_than_it_covers(desk: Desk) -> None:
    desk.plans("contact.email", purpose_key="marketing.email")

    with pytest.raises(ExportRefused, match="does not cover: Orders"):
        desk.plans("contact.email", "trait.orders", purpose_key="marketing.email")
    with pytest.raises(ExportRefused, match="does not cover: E-mail"):
        desk.plans("contact.email", purpose_key="profiling.segmentation")


@pytest.mark.parametrize("purpose_key", ["operations", "service", "rights", "share.sale"])
def test_a_purpose_that_nobody_says_yes_to_exports_nothing(desk: Desk, purpose_key: str) -> None:
    with pytest.raises(ExportRefused, match="say yes to"):
        desk.plans("trait.orders", purpose_key=purpose_key)


def test_a_purpose_that_an_operator_closed_exports_nothing(desk: Desk) -> None:
    with database.as_role(Role.WEB):
        Purpose.objects.filter(key=PERSONAL).update(open=False)

    with pytest.raises(ExportRefused):
        desk.plans()


@pytest.mark.parametrize("fields", [["trait.salary"], ["contact.id_number"], ["email"]])
def test_what_is_not_on_the_list_is_not_exported(desk: Desk, fields: list[str]) -> None:
    with pytest.raises(ColumnsRefused):
        desk.plans(*fields)


def test_an_archived_segment_is_not_exported(desk: Desk) -> None:
    with database.as_role(Role.WEB):
        Segment.objects.filter(pk=desk.segment.pk).update(archived_at=desk.segment.created_at)

    with pytest.raises(NoSuchSegment):
        desk.plans()


def test_every_column_can_be_exported_under_some_purpose_and_none_is_sensitive() -> None:
    coverable = {
        column.name
        for spec in columns.exporting_purposes()
        for column in COLUMNS.values()
        if not columns.uncovered([column], spec.categories)
    }

    assert coverable == COLUMNS.keys()
    assert "contact.id_number" not in COLUMNS


def test_contact_details_always_take_two_people_and_numbers_only_many(desk: Desk) -> None:
    with_contact = desk.counted("contact.email")
    without = desk.counted("trait.orders")
    large = desk.counted("trait.orders")
    large.people = 1001

    assert [plan.takes_two(each) for each in (with_contact, without, large)] == [True, False, True]
