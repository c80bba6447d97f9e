"""Alerts: what hits, what does not, and never twice for the same window; an oracle counts along."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import alert_rules, alerts
from audit.actors import Actor
from audit.alert_rules import AlertRefused, NoSuchAlert, Rule
from audit.models import Alert, AlertHit, Entry, Verification
from cdp.accounts import notifications
from cdp.accounts.models import Notification, Operator, OperatorRole
from cdp.kernel import database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from tests.audit.logs import add_workspace, execute, inbox

SAM, ALICE = Actor.operator(UUID(int=1)), Actor.operator(UUID(int=2))
JOB = Actor.job("send", "7")
BEGIN = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
REVEAL, MASKED = "fields:email", "masked:email"


@dataclass(frozen=True, slots=True)
class Act:
    """One entry of a made-up log: when, in seconds after the beginning, who, what."""

    second: int
    actor: Actor = SAM
    act: str = "vault.open"
    obj: str = REVEAL


@dataclass(slots=True)
class Log:
    """A log whose entries have the times that a test gives them."""

    workspace: UUID
    size: int = 0

    def hears(self, *acts: Act) -> None:
        """Append entries, as the sequencer would."""
        with database.as_role(Role.AUDIT):
            Entry.objects.bulk_create(
                Entry(
                    idx=number, inbox_id=1_000_000 + number, workspace_id=self.workspace,
                    at=BEGIN + timedelta(seconds=act.second), act=act.act, actor=str(act.actor),
                    purpose="", obj=act.obj,
                )
                for number, act in enumerate(acts, self.size)
            )  # fmt: skip
        self.size += len(acts)


@pytest.fixture
def log(workspace: Workspace) -> Log:
    return Log(workspace.pk)


def operator(name: str, role: OperatorRole.Role, *, at: UUID) -> UUID:
    with database.as_role(Role.WEB):
        made: Operator = Operator.objects.create(email=f"{name}@shop.example", name=name.title())
        OperatorRole.objects.create(operator=made, workspace_id=at, role=role)
    return made.pk


@pytest.fixture
def omar(workspace: Workspace) -> UUID:
    return operator("omar", OperatorRole.Role.PRIVACY, at=workspace.pk)


def alert(**changes: object) -> Alert:
    """Make the only alert that is on: more than two reveals within a minute by one operator."""
    alerts.ship()
    Alert.objects.update(is_on=False)
    asked = {
        "name": "Reveals", "acts": ("vault.open",), "obj": "fields:", "actor_kind": "op",
        "more_than": 2, "within_minutes": 1, **changes,
    }  # fmt: skip
    with database.as_role(Role.WEB):
        return alert_rules.create(Rule(**asked), actor=ALICE)  # type: ignore[arg-type]


def hits(of: Alert) -> list[tuple[str, int, int]]:
    rows = AlertHit.objects.filter(alert=of).order_by("at", "actor")
    return list(rows.values_list("actor", "idx", "count"))


def test_one_too_many_within_the_window_hits_at_that_entry(log: Log) -> None:
    reveals = alert()
    log.hears(*(Act(second) for second in (0, 20, 40)))

    assert alerts.raise_alerts() == 1
    assert hits(reveals) == [(str(SAM), 2, 3)]


def test_as_many_as_allowed_do_not_hit_nor_too_many_spread_out(log: Log) -> None:
    reveals = alert()
    log.hears(*(Act(second) for second in (0, 30, 60, 90, 120)))

    assert alerts.raise_alerts() == 0
    assert hits(reveals) == []


def test_masked_readings_jobs_and_other_acts_are_not_counted(log: Log) -> None:
    alert()
    log.hears(
        Act(0), Act(1), Act(2, obj=MASKED), Act(3, actor=JOB), Act(4, act="vault.opened"),
        Act(5, actor=Actor("operator", "x")),
    )  # fmt: skip

    assert alerts.raise_alerts() == 0


def test_each_operator_is_counted_apart_unless_all_are_counted_together(log: Log) -> None:
    apart, together = alert(), alert(per_actor=False)
    Alert.objects.update(is_on=True)
    log.hears(Act(0, SAM), Act(1, ALICE), Act(2, SAM), Act(3, ALICE))

    alerts.raise_alerts()

    assert hits(apart) == []
    assert hits(together) == [("", 2, 3)]


def test_what_was_there_before_the_alert_is_not_news(log: Log) -> None:
    log.hears(*(Act(second) for second in range(5)))
    alert()

    log.hears(Act(1_000))

    assert alerts.raise_alerts() == 0


def test_the_same_window_never_hits_twice_but_the_next_does(log: Log) -> None:
    reveals = alert()
    log.hears(*(Act(second) for second in (0, 1, 2)))
    alerts.raise_alerts()
    log.hears(*(Act(second) for second in (3, 4, 5, 61)))
    alerts.raise_alerts()
    log.hears(*(Act(second) for second in (62, 63, 64)))
    alerts.raise_alerts()
    alerts.raise_alerts()

    assert [index for _, index, _ in hits(reveals)] == [2, 7]


def test_a_long_absence_of_the_worker_loses_no_window(log: Log) -> None:
    reveals = alert()
    log.hears(*(Act(minute * 600 + second) for minute in range(3) for second in range(3)))

    assert alerts.raise_alerts() == 3
    assert [index for _, index, _ in hits(reveals)] == [2, 5, 8]


def test_an_entry_that_arrives_late_counts_where_it_happened(log: Log) -> None:
    reveals = alert()
    log.hears(Act(0), Act(50))
    alerts.raise_alerts()
    log.hears(Act(10))

    assert alerts.raise_alerts() == 1
    assert hits(reveals) == [(str(SAM), 1, 3)]


@pytest.mark.parametrize(
    ("zone", "hit"), [("UTC", False), ("America/New_York", False), ("Asia/Shanghai", True)]
)
def test_night_is_in_the_workspaces_zone(
    workspace: Workspace, log: Log, zone: str, hit: bool
) -> None:
    with database.as_role(Role.WEB):
        Workspace.objects.filter(pk=workspace.pk).update(settings={"time_zone": zone})
    alert(acts=("export.",), obj="", more_than=0, within_minutes=720, from_hour=22, to_hour=6)
    log.hears(Act(4 * 3600, act="export.start", obj=""))  # 16:00 UTC is midnight in Shanghai

    assert alerts.raise_alerts() == int(hit)


def test_hours_of_one_day_are_hours_too(log: Log) -> None:
    alert(more_than=0, from_hour=13, to_hour=14)
    log.hears(Act(0), Act(3600), Act(2 * 3600))

    alerts.raise_alerts()

    assert [hit.idx for hit in AlertHit.objects.all()] == [1]


def test_the_first_time_is_once_for_each_operator(log: Log) -> None:
    log.hears(Act(0, ALICE))
    first = alert(more_than=0, only_first=True)
    log.hears(Act(1, SAM, obj=MASKED), Act(2, SAM), Act(3, ALICE), Act(9_000, SAM))

    alerts.raise_alerts()
    log.hears(Act(90_000, SAM))
    alerts.raise_alerts()

    assert hits(first) == [(str(SAM), 2, 1)]


def test_a_hit_is_an_entry_and_a_line_in_the_bell(log: Log, omar: UUID) -> None:
    reveals = alert()
    operator("alice", OperatorRole.Role.MARKETER, at=log.workspace)
    log.hears(*(Act(second) for second in range(3)))

    alerts.raise_alerts()

    ((actor, obj, detail),) = [
        row[1:] for row in inbox("act, actor, obj, detail") if row[0] == "alert.hit"
    ]
    assert (actor, obj) == ("sys:alerts", f"alert:{reveals.pk}")
    assert f'"count":3,"entry":2,"who":"{SAM}"' in detail
    with database.as_role(Role.WEB):
        assert [line.obj for line in notifications.newest(omar)] == [f"alert:{reveals.pk}"]
        assert Notification.objects.count() == 1


def test_the_chosen_hear_of_it_as_long_as_they_may_read_the_log(log: Log, omar: UUID) -> None:
    una = operator("una", OperatorRole.Role.AUDITOR, at=log.workspace)

    assert alerts.told(alert(told=(una,))) == [una]
    with database.as_role(Role.WEB):
        OperatorRole.objects.filter(operator_id=una).delete()
    assert alerts.told(alert(told=(una,))) == [omar]


def test_an_alert_that_is_off_says_nothing(log: Log) -> None:
    alert(is_on=False)
    log.hears(*(Act(second) for second in range(3)))

    assert alerts.raise_alerts() == 0


def test_what_happened_while_an_alert_was_off_is_not_told_when_it_is_on_again(log: Log) -> None:
    off = alert(is_on=False)
    log.hears(*(Act(second) for second in range(3)))

    rule = Rule(name="On again", acts=("vault.open",), more_than=2, within_minutes=1)
    with database.as_role(Role.WEB):
        alert_rules.edit(off.pk, rule, actor=ALICE)

    assert alerts.raise_alerts() == 0
    log.hears(*(Act(600 + second) for second in range(3)))
    assert alerts.raise_alerts() == 1


def test_a_hit_is_no_act_that_hits(log: Log) -> None:
    everything = alert(acts=("alert.",), obj="", actor_kind="", more_than=0)
    log.hears(Act(0, alerts.WATCHER, act="alert.hit"), Act(1, SAM, act="alert.edit"))

    alerts.raise_alerts()

    assert hits(everything) == [(str(SAM), 1, 1)]


def test_another_workspaces_acts_are_not_counted(log: Log) -> None:
    outlet = add_workspace(UUID(int=9), key="outlet")
    alert()
    elsewhere = Log(outlet)
    elsewhere.hears(*(Act(second) for second in range(3)))

    assert alerts.raise_alerts() == 0


def test_a_worker_sees_of_an_entry_what_it_counts_by_and_no_person(log: Log) -> None:
    log.hears(Act(0))

    for column in ("ref", "purpose", "inbox_id"):
        with pytest.raises(Exception, match="permission denied"), database.atomic():
            execute(f"SELECT {column} FROM audit_entry")


def test_a_workspace_begins_with_alerts_and_they_stay_as_they_were_changed(log: Log) -> None:
    alerts.raise_alerts()
    shipped = Alert.objects.get(key="many-reveals")
    assert {each.key for each in Alert.objects.all()} == alerts.SHIPPED.keys()
    assert (shipped.more_than, shipped.within_minutes, shipped.per_actor) == (50, 60, True)

    Alert.objects.update(is_on=False, more_than=9)
    alerts.raise_alerts()

    assert list(Alert.objects.values_list("is_on", "more_than").distinct()) == [(False, 9)]


def test_fifty_reveals_an_hour_are_allowed_and_one_more_is_told(log: Log, omar: UUID) -> None:
    alerts.raise_alerts()
    reveals = Alert.objects.get(key="many-reveals")
    log.hears(*(Act(second * 60) for second in range(50)))
    alerts.raise_alerts()
    assert hits(reveals) == []

    log.hears(Act(50 * 60))
    alerts.raise_alerts()

    assert hits(reveals) == [(str(SAM), 50, 51)]


@pytest.mark.parametrize(
    "changes",
    [
        {"acts": ()}, {"acts": (".",)}, {"within_minutes": 0}, {"within_minutes": 1_441},
        {"more_than": -1}, {"from_hour": 3}, {"to_hour": 3}, {"from_hour": 3, "to_hour": 3},
        {"from_hour": 24, "to_hour": 3},
    ],
)  # fmt: skip
def test_an_alert_that_cannot_be_counted_is_refused(log: Log, changes: dict[str, object]) -> None:
    with pytest.raises(AlertRefused):
        alert(**changes)


def test_an_alert_of_another_workspace_is_not_here(log: Log) -> None:
    made = alert()
    outlet = add_workspace(UUID(int=9), key="outlet")

    with database.as_role(Role.WEB), database.in_workspace(outlet):
        with pytest.raises(NoSuchAlert):
            alert_rules.edit(made.pk, Rule(name="x", acts=("a.",)), actor=ALICE)
        with pytest.raises(NoSuchAlert):
            alert_rules.find(made.pk)


def test_making_and_changing_an_alert_is_on_record(log: Log) -> None:
    made = alert()
    with database.as_role(Role.WEB):
        alert_rules.edit(made.pk, Rule(name="Fewer", acts=("vault.",), more_than=1), actor=ALICE)

    acts = [act for act, actor in inbox("act, actor") if actor == str(ALICE)]
    assert acts == ["audit_alert.insert", "alert.create", "audit_alert.update", "alert.edit"]
    assert Alert.objects.get(pk=made.pk).more_than == 1


def by_hand(acts: Sequence[Act], *, more_than: int, window: int) -> Iterator[tuple[str, int]]:
    """Yield whose act at which second tips the count, going through each person's acts in order."""
    for actor in {act.actor for act in acts}:
        seconds = sorted(act.second for act in acts if act.actor == actor)
        quiet_until = -1
        for second in seconds:
            if second < quiet_until:
                continue
            if sum(second - window < other <= second for other in seconds) > more_than:
                yield str(actor), second
                quiet_until = second + window


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
@given(
    seconds=st.lists(st.tuples(st.integers(0, 400), st.sampled_from([SAM, ALICE])), max_size=30),
    more_than=st.integers(0, 4),
    cuts=st.lists(st.integers(1, 29), max_size=3),
)
def test_hits_are_those_found_by_hand_however_often_the_worker_looks(
    log: Log, seconds: list[tuple[int, Actor]], more_than: int, cuts: list[int]
) -> None:
    acts = [Act(second, actor) for second, actor in sorted(seconds, key=lambda each: each[0])]
    later = log.size * 10_000  # each example has a stretch of time of its own
    moved = [Act(act.second + later, act.actor) for act in acts]
    watched = alert(more_than=more_than)
    Alert.objects.filter(pk=watched.pk).update(seen=log.size)

    for begin, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(moved)], strict=True):
        log.hears(*moved[begin:end])
        alerts.raise_alerts()

    found = {
        (hit.actor, int((hit.at - BEGIN).total_seconds()) - later)
        for hit in AlertHit.objects.filter(alert=watched)
    }
    assert found == set(by_hand(acts, more_than=more_than, window=60))


def check(problem: int | None) -> None:
    with database.as_role(Role.AUDIT):
        Verification.objects.create(
            at=BEGIN, size=9, root=b"", checkpoints=1, anchors=1, problem_index=problem,
            text="Entry 3 was changed." if problem is not None else "",
        )  # fmt: skip


def told_of(operator_id: UUID) -> list[str]:
    with database.as_role(Role.WEB):
        return [line.params["problem"] for line in notifications.newest(operator_id)]


def test_a_broken_log_is_told_once_and_again_when_it_breaks_again(log: Log, omar: UUID) -> None:
    for problem in (None, 3, 3):
        check(problem)
        alerts.tell_of_broken_log()
    assert told_of(omar) == ["Entry 3 was changed."]

    check(None)
    alerts.tell_of_broken_log()
    assert len(told_of(omar)) == 1

    check(3)
    alerts.tell_of_broken_log()
    assert len(told_of(omar)) == 2
