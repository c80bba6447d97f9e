"""Making and changing alerts; each change is on the record."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from uuid import UUID

from audit.acting import acting
from audit.actors import Actor
from audit.alerts import log_size
from audit.inbox import record
from audit.models import Alert, AlertHit
from cdp.kernel.errors import CdpError

LONGEST_MINUTES = 24 * 60  # a longer window would count the whole log over and over


class AlertRefused(CdpError):
    """An alert that could never hit, or that cannot be counted."""

    code = "alert_refused"


class NoSuchAlert(CdpError):
    """This workspace has no such alert."""

    code = "no_such_alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    What an alert looks for: more than `more_than` of `acts` within `within_minutes`.

    Each act is whole, or a beginning that ends in a point. Without `per_actor` all are counted
    together. `from_hour` and `to_hour` (the workspace's zone, over midnight too) narrow it to
    hours, `only_first` to the first time that an actor does it. `told` nobody means all who may
    read the log.
    """

    name: str
    acts: tuple[str, ...]
    obj: str = ""
    actor_kind: str = ""
    per_actor: bool = True
    more_than: int = 0
    within_minutes: int = 60
    from_hour: int | None = None
    to_hour: int | None = None
    only_first: bool = False
    told: tuple[UUID, ...] = ()
    is_on: bool = True


def create(rule: Rule, *, actor: Actor) -> Alert:
    """
    Make an alert; it looks at what happens from now on.

    :raises AlertRefused: see `Rule`
    """
    _refuse_unusable(rule)
    with acting(actor):
        alert = Alert.objects.create(**_columns(rule), seen=log_size())
        record(actor, "alert.create", obj=f"alert:{alert.pk}")
    return alert


def edit(alert_id: UUID, rule: Rule, *, actor: Actor) -> None:
    """
    Change an alert; it does not look at what it has seen, nor at what happened while it was off.

    :raises NoSuchAlert: there is none in this workspace
    :raises AlertRefused: see `Rule`
    """
    _refuse_unusable(rule)
    mine = Alert.objects.filter(pk=alert_id)
    with acting(actor):
        if rule.is_on:
            mine.filter(is_on=False).update(seen=log_size())
        if not mine.update(**_columns(rule)):
            raise NoSuchAlert("This workspace has no such alert.")
        record(actor, "alert.edit", obj=f"alert:{alert_id}")


def find(alert_id: UUID) -> Alert:
    """
    Return one alert of the current workspace.

    :raises NoSuchAlert: there is none
    """
    found = Alert.objects.filter(pk=alert_id).first()
    if found is None:
        raise NoSuchAlert("This workspace has no such alert.")
    return found


def every() -> list[Alert]:
    """Return the alerts of the current workspace in the order they were made."""
    return list(Alert.objects.order_by("created_at", "pk"))


def hits(alert_ids: Collection[UUID], *, limit: int = 20) -> list[AlertHit]:
    """Return the newest hits of these alerts."""
    return list(AlertHit.objects.filter(alert__in=alert_ids).order_by("-created_at")[:limit])


def _columns(rule: Rule) -> dict[str, object]:
    return {**asdict(rule), "acts": list(rule.acts), "told": list(rule.told)}


def _refuse_unusable(rule: Rule) -> None:
    if not rule.acts or any(act in ("", ".") for act in rule.acts):
        raise AlertRefused("Choose at least one act.")
    if not 1 <= rule.within_minutes <= LONGEST_MINUTES:
        raise AlertRefused("Choose a window of one minute to one day.")
    if rule.more_than < 0:
        raise AlertRefused("Choose a number of zero or more.")
    hours = (rule.from_hour, rule.to_hour)
    if (hours[0] is None) != (hours[1] is None):
        raise AlertRefused("Give both hours, or neither.")
    if hours[0] is not None and hours[0] == hours[1]:
        raise AlertRefused("Give two different hours.")
    if any(hour is not None and not 0 <= hour <= 23 for hour in hours):
        raise AlertRefused("Give hours from 0 to 23.")
