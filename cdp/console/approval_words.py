"""What waits for an approval, in words: kinds, frozen facts, what differs, and where it is seen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from campaigns.planning import approval as launching
from campaigns.planning import create as campaigns
from cdp.accounts.permissions import ROLES
from cdp.approvals import kinds
from cdp.approvals.kinds import Facts, Kind
from cdp.approvals.models import Approval
from cdp.console import export_form, names, segments
from cdp.console.access import ConsoleRequest, may
from cdp.kernel.errors import CdpError
from profiles.exports import plan as exports
from profiles.segments.models import Segment

KINDS: Mapping[str, names.Text] = {
    Kind.CAMPAIGN_LAUNCH: _("Launch of a campaign"),
    Kind.EXPORT: _("Export of personal data"),
    Kind.ERASE: _("Erasure of several people"),
    Kind.KEY_RETIRE: _("Retirement of a key"),
    Kind.KEY_DESTROY: _("Destruction of a key"),
    Kind.ROLE_GRANT: _("Role for an operator"),
}
FACTS: Mapping[str, names.Text] = {
    "text": _("Message"),
    "segment": _("Segment"),
    "rule": _("Rule"),
    "purpose": _("Purpose"),
    "channel": _("Channel"),
    "fields": _("Fields"),
    "recipient": _("Recipient"),
    "people": _("People"),
    "use": _("Use of the key"),
    "key": _("Key"),
    "operator": _("Operator"),
    "role": _("Role"),
}
SCREENS = {
    "campaign": ("console:campaign", "campaigns:read"),
    "export": ("console:export", "exports:create"),
    "key": ("console:keys", "keys:manage"),
    "role": ("console:member", "team:manage"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a frozen copy; `was` is what it was before, '' where it did not change."""

    name: str
    value: str
    was: str


def kind(approval: Approval) -> str:
    """Return what an approval is for, as a kind."""
    return str(KINDS.get(approval.kind, approval.kind))


def people(approval: Approval) -> str:
    """Return for how many people an approval is; '' where it is for none."""
    if not approval.people:
        return ""
    return ngettext("%(n)s person", "%(n)s people", approval.people) % {"n": f"{approval.people:,}"}


def facts(request: ConsoleRequest, approval: Approval, *, before: Approval | None) -> list[Fact]:
    """Return the frozen copy as rows, with what differs from an earlier one."""
    now, former = approval.snapshot, before.snapshot if before else {}
    shown = [
        Fact(
            str(FACTS[key]),
            _value(request, key, now),
            _value(request, key, former) if key in former and former[key] != now[key] else "",
        )
        for key in FACTS
        if key in now
    ]
    if approval.people and "people" not in now:
        was = before.people if before else approval.people
        changed = f"{was:,}" if was != approval.people else ""
        shown.append(Fact(gettext("People"), f"{approval.people:,}", changed))
    return shown


def _value(request: ConsoleRequest, key: str, of: Facts) -> str:
    value = of[key]
    match key:
        case "purpose":
            return names.purpose(str(value))
        case "fields":
            return gettext(", ").join(export_form.label(name) for name in str(value).split(", "))
        case "operator":
            return names.actors({f"op:{value}"}).of(f"op:{value}")
        case "role":
            return str(ROLES[str(value)][0]) if value in ROLES else str(value)
        case "rule":
            return _rule(request, str(of.get("segment_id", "")), digest=str(value))
    return f"{value:,}" if isinstance(value, int) else value


def _rule(request: ConsoleRequest, segment_id: str, *, digest: str) -> str:
    """Return a segment's rule in words if it still is the frozen one, else only what it is not."""
    segment = Segment.objects.filter(pk=segment_id).first() if segment_id else None
    if segment is None or kinds.digest(segment.rule).hex() != digest:
        return gettext("another rule than now")
    return segments.in_words(request, segment.rule)


def url(request: ConsoleRequest, approval: Approval) -> str:
    """Return the address of what an approval is for, '' where the operator may not see it."""
    what, _colon, name = approval.obj.partition(":")
    route, permission = SCREENS.get(what, ("", ""))
    if not route or not may(request, permission):
        return ""
    return reverse(route, args=[] if what == "key" else [UUID(name.partition("/")[0])])


def as_it_is_now(approval: Approval) -> Facts:
    """
    Return the snapshot of what is asked for as it is now; empty once the thing is gone.

    Keys, roles and sets of people are named by the approval itself and cannot change under it.
    """
    reader = _READERS.get(approval.kind)
    if reader is None:
        return dict(approval.snapshot)
    try:
        return reader(UUID(approval.obj.partition(":")[2]))
    except CdpError:
        return {}


def _campaign(campaign_id: UUID) -> Facts:
    return launching.snapshot(campaigns.find(campaign_id))


def _export(export_id: UUID) -> Facts:
    return exports.snapshot(exports.find(export_id))


_READERS: Mapping[str, Callable[[UUID], Facts]] = {
    Kind.CAMPAIGN_LAUNCH: _campaign,
    Kind.EXPORT: _export,
}
