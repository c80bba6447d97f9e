"""
Calls about people who were erased: turned away, unless the person came back by themselves.

What happened before the erasure never comes in again, whoever sends it. What happens later comes in
once the person acted: they signed up, said yes where consent is given, or hold an account that is
there now. Then they are somebody new. Source: consent reference, part 6.10.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cdp.kernel import database, workspaces
from consent import signals_in, suppressions
from consent.models import SubjectFacts
from consent.suppressions import Node
from profiles.events.clean import CleanEvent
from profiles.vault import index

SIGN_UPS = frozenset({"Signed Up", "Account Created"})  # names of Segment's B2B specification
ACCOUNT = "user_id"


@dataclass(frozen=True, slots=True)
class Parted:
    """A batch's events: those that may come in, those turned away; identifiers let in again."""

    staying: Sequence[CleanEvent]
    gone: Sequence[CleanEvent]
    lifted: int = 0


def part(events: Sequence[CleanEvent], *, authorities: Collection[UUID], as_of: datetime) -> Parted:
    """
    Return which events are about erased people; `authorities` are the sources consent comes from.

    Costs one small query while nobody was ever erased.
    """
    if not events or not suppressions.is_anybody():
        return Parted(events, ())
    nodes = {
        event.id: [(each.kind, index.digest(each.kind, each.value)) for each in event.identifiers]
        for event in events
    }
    found = suppressions.suppressed({node for each in nodes.values() for node in each})
    erased = _erased({event.subject for event in events if event.subject})

    def lifted_by(known: Collection[Node]) -> set[Node]:
        """Return what comes in again with acts of the person, or with accounts that are known."""
        return {
            node
            for event in events
            if _acts(event, authorities) or any(node in known for node in nodes[event.id])
            for node in nodes[event.id]
            if node in found and event.happened_at > found[node].since and not found[node].is_back
        }

    accounts = {node for each in nodes.values() for node in each if node[0] == ACCOUNT}
    living = {n for n in _living(accounts) if n not in found or found[n].is_back}
    lifted = lifted_by(living | {node for node in lifted_by(()) if node[0] == ACCOUNT})
    count = suppressions.lift(lifted, at=as_of) if lifted else 0
    gone = {
        event.id
        for event in events
        if event.subject in erased
        or any(
            event.happened_at <= found[node].since or not (found[node].is_back or node in lifted)
            for node in nodes[event.id]
            if node in found
        )
    }
    return Parted(
        [event for event in events if event.id not in gone],
        [event for event in events if event.id in gone],
        count,
    )


def _acts(event: CleanEvent, authorities: Collection[UUID]) -> bool:
    """Say whether the person signs up anew, or says yes where that counts."""
    if event.name in SIGN_UPS:
        return True
    if event.name != signals_in.PREFERENCE_UPDATED or event.source not in authorities:
        return False
    return any(said.allowed for said in signals_in.preferences(event.context) or ())


def _erased(subjects: set[UUID]) -> set[UUID]:
    rows = SubjectFacts.objects.filter(subject_id__in=subjects, erased_at__isnull=False)
    return set(rows.values_list("subject_id", flat=True)) if subjects else set()


def _living(accounts: Collection[Node]) -> set[Node]:
    """Return the accounts that somebody holds now."""
    if not accounts:
        return set()
    with database.cursor() as sql:
        sql.execute(
            """SELECT kind, blind FROM profiles_identifier
               WHERE workspace_id = %s AND kind = %s AND blind = ANY(%s)""",
            [workspaces.current().id, ACCOUNT, [blind for _, blind in accounts]],
        )
        return {(kind, bytes(blind)) for kind, blind in sql.fetchall()}
