"""Making and changing segments."""

from typing import Any
from uuid import UUID

import pytest

from audit.models import Inbox
from cdp.kernel import clock, database
from cdp.kernel.roles import Role
from profiles.segments.create import (
    SegmentNameTaken,
    SegmentRefused,
    create_segment,
)
from profiles.segments.edit import SegmentCycle, SegmentInUse, archive_segment, edit_segment
from profiles.segments.find import NoSuchSegment
from profiles.segments.models import Segment
from profiles.segments.rules import RuleRefused, digest, parse
from tests.people import Shop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon", "shop")]

ALICE = "op:alice"
RULE = {"version": 1, "where": {"trait": "orders", "op": "ge", "value": 3}}
OTHER = {"version": 1, "where": {"trait": "orders", "op": "ge", "value": 4}}


@pytest.fixture(autouse=True)
def console(shop: Shop) -> Any:
    """Take the console's role on."""
    with database.as_role(Role.WEB):
        yield


def inside(segment: Segment) -> dict[str, Any]:
    return {"version": 1, "where": {"segment": str(segment.pk), "in": True}}


def recorded(act: str) -> list[str]:
    with database.as_role(Role.AUDIT):
        return list(Inbox.objects.filter(act=act).values_list("obj", flat=True))


def test_a_segment_is_kept_due_at_once_and_on_the_record() -> None:
    segment = create_segment(" Regulars ", rule=RULE, actor=ALICE, description=" often ")

    assert (segment.name, segment.description) == ("Regulars", "often")
    assert (segment.rule, segment.rule_number) == (RULE, 1)
    assert (segment.created_by, segment.due_at, segment.size) == (ALICE, clock.now(), None)
    assert recorded("segment.create") == [f"segment:{segment.pk}"]


def test_a_taken_name_is_refused_and_nothing_is_recorded() -> None:
    create_segment("Regulars", rule=RULE, actor=ALICE)

    with pytest.raises(SegmentNameTaken):
        create_segment("Regulars", rule=OTHER, actor=ALICE)

    assert Segment.objects.count() == 1
    assert len(recorded("segment.create")) == 1


@pytest.mark.parametrize(
    "given",
    [{"name": "  "}, {"name": "a" * 121}, {"name": "a\nb"}, {"description": "a" * 401},
     {"refresh_minutes": 0}],
)  # fmt: skip
def test_texts_and_intervals_that_do_not_fit_are_refused(given: dict[str, Any]) -> None:
    name = given.pop("name", "Regulars")

    with pytest.raises(SegmentRefused):
        create_segment(name, rule=RULE, actor=ALICE, **given)

    assert not Segment.objects.exists()


def test_an_unreadable_rule_is_refused() -> None:
    with pytest.raises(RuleRefused):
        create_segment("Regulars", rule={"version": 1}, actor=ALICE)


def test_a_rule_may_not_refer_to_a_segment_that_is_not_there() -> None:
    with pytest.raises(NoSuchSegment):
        create_segment("Inner", rule=inside(Segment(pk=UUID(int=3))), actor=ALICE)


def test_a_changed_rule_gets_the_next_number_and_is_due() -> None:
    segment = create_segment("Regulars", rule=RULE, actor=ALICE)
    Segment.objects.filter(pk=segment.pk).update(due_at=None)

    changed = edit_segment(segment.pk, actor=ALICE, rule=OTHER)

    assert (changed.rule, changed.rule_number, changed.due_at) == (OTHER, 2, clock.now())
    assert digest(parse(changed.rule)) != digest(parse(RULE))
    assert recorded("segment.edit") == [f"segment:{segment.pk}"]


def test_an_edit_without_a_difference_changes_and_records_nothing() -> None:
    segment = create_segment("Regulars", rule=RULE, actor=ALICE)

    same = edit_segment(segment.pk, actor=ALICE, name="Regulars", rule=RULE)

    assert same.rule_number == 1
    assert recorded("segment.edit") == []


def test_a_segment_may_not_depend_on_itself_over_others() -> None:
    first = create_segment("First", rule=RULE, actor=ALICE)
    second = create_segment("Second", rule=inside(first), actor=ALICE)
    third = create_segment("Third", rule=inside(second), actor=ALICE)

    with pytest.raises(SegmentCycle) as refused:
        edit_segment(first.pk, actor=ALICE, rule=inside(third))

    assert refused.value.path == ("First", "Third", "Second", "First")
    with pytest.raises(SegmentCycle):
        edit_segment(first.pk, actor=ALICE, rule=inside(first))
    assert edit_segment(third.pk, actor=ALICE, rule=inside(first)).rule_number == 2


def test_a_segment_in_use_is_archived_only_after_its_users() -> None:
    first = create_segment("First", rule=RULE, actor=ALICE)
    second = create_segment("Second", rule=inside(first), actor=ALICE)

    with pytest.raises(SegmentInUse):
        archive_segment(first.pk, actor=ALICE)
    archive_segment(second.pk, actor=ALICE)

    assert archive_segment(first.pk, actor=ALICE).archived_at == clock.now()
    with pytest.raises(NoSuchSegment):
        archive_segment(first.pk, actor=ALICE)
    with pytest.raises(NoSuchSegment):
        edit_segment(first.pk, actor=ALICE, name="Again")
    assert len(recorded("segment.archive")) == 2
