"""
Dropping old detail: the bytes of old entries go, their hashes stay, and the log says so itself.

Two steps, so that nothing goes unsaid: an entry names the stretch and a digest over its search
columns; when that entry is in the tree, the leaves go. A check accepts exactly what such an entry
names, and compares the columns that stay with the digest. The database itself refuses to drop what
no entry names, entries of the log about itself, and what is younger than 30 days.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from audit import leaf, stored
from audit.actors import Actor
from audit.inbox import record
from audit.models import Entry, Leaf
from audit.sequencer import sequence
from audit.stored import Projection
from cdp.kernel import clock, database
from cdp.kernel.errors import CdpError
from cdp.kernel.roles import Role

ACT = "log.forget"
YOUNGEST = timedelta(days=30)  # `sql/forget.sql` keeps to it, too
_OWN = "log."  # entries of the log about itself stay
LOCK = 0x43414E464F52
_CHUNK = 10_240
# Only the sequencer's login may say so; under test one login stands for each.
_SAYS_SO = (Role.AUDIT, Role.TEST)


class CheckRunning(CdpError):
    """A check of the log is running; it must not lose entries under its hands."""

    code = "check_running"


class TooYoung(CdpError):
    """Detail of the last days is never dropped."""

    code = "too_young_to_forget"


class NothingToForget(CdpError):
    """No entry is old enough."""

    code = "nothing_to_forget"


@dataclass(frozen=True, slots=True)
class Stretch:
    """
    Entries whose detail goes: first..beyond, of acts that begin with `act` ('' for every act).

    `digest` is over the search columns of all of them; `entries` is how many.
    """

    first: int
    beyond: int
    act: str
    entries: int
    digest: str

    def names(self, index: int, columns: Projection) -> bool:
        """Return whether an entry is one of these."""
        act = columns[3]
        inside = self.first <= index < self.beyond
        return inside and act.startswith(self.act) and not act.startswith(_OWN)


class Tally:
    """Goes along with a walk and tells whether the columns of a stretch are as they were."""

    def __init__(self, told: Stretch) -> None:
        self.told = told
        self._hash = hashlib.sha256()
        self.entries = 0

    def add(self, index: int, columns: Projection) -> None:
        """Take an entry in, if it is one of the stretch."""
        if self.told.names(index, columns):
            *plain, ref = columns
            line = json.dumps([index, *map(_plain, plain), ref.hex() if ref else None])
            self._hash.update(line.encode() + b"\n")
            self.entries += 1

    @property
    def digest(self) -> str:
        """Return the digest over what was taken in."""
        return self._hash.hexdigest()

    @property
    def fits(self) -> bool:
        """Return whether the whole stretch was met as it was told."""
        return (self.entries, self.digest) == (self.told.entries, self.told.digest)


def plan(before: datetime, *, act: str = "") -> Stretch:
    """
    Return what would go: every entry ahead of the first that is not older than `before`.

    What an earlier entry named already is left out.

    :raises NothingToForget: there is no such entry
    :raises TooYoung: `before` is less than 30 days ago
    """
    if before > clock.now() - YOUNGEST:
        raise TooYoung("Detail stays for at least 30 days. Give an earlier date.")
    young = Entry.objects.filter(at__gte=before).order_by("idx").values_list("idx", flat=True)
    beyond = young.first()
    if beyond is None:
        last = Entry.objects.order_by("-idx").values_list("idx", flat=True).first()
        beyond = 0 if last is None else last + 1
    first = max((each.beyond for each in told() if act.startswith(each.act)), default=0)
    if first >= beyond:
        raise NothingToForget("No entry is that old, or its detail is dropped already.")
    tally = Tally(Stretch(first, beyond, act, 0, ""))
    for start in range(first, beyond, _CHUNK):
        rows = stored.rows(start, min(start + _CHUNK, beyond))
        for index in sorted(rows):
            columns = rows[index].columns
            if columns is not None:
                tally.add(index, columns)
    if not tally.entries:
        raise NothingToForget("No entry is that old, or its detail is dropped already.")
    return Stretch(first, beyond, act, tally.entries, tally.digest)


def forget(actor: Actor | str, stretch: Stretch) -> int:
    """
    Put the stretch on the record, wait until it is in the tree, drop the leaves; return how many.

    Runs as the sequencer's login.

    :raises CheckRunning: try `carry_out` again later; the entry is there
    """
    say(actor, stretch)
    while not any(each.digest == stretch.digest for each in told()):
        sequence()
    return carry_out()


def say(actor: Actor | str, stretch: Stretch) -> None:
    """Put it on the record that the detail of the stretch goes."""
    record(
        actor,
        ACT,
        obj=_named(stretch),
        detail={
            "first": stretch.first,
            "beyond": stretch.beyond,
            "act": stretch.act,
            "entries": stretch.entries,
            "digest": stretch.digest,
        },
    )


def carry_out() -> int:
    """
    Drop the leaves of every stretch that the log names; return how many were still there.

    :raises CheckRunning: a check of the log is running
    """
    count = 0
    with database.atomic(), database.cursor() as sql:
        sql.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if sql.fetchone() != (True,):
            raise CheckRunning("A check of the log is running. Try again when it is over.")
        for each in told():
            sql.execute(
                "SELECT audit_forget(%s, %s, %s, %s)",
                [each.first, each.beyond, each.act, _named(each)],
            )
            row = sql.fetchone()
            count += row[0] if row else 0
    return count


def told() -> list[Stretch]:
    """Return the stretches that the log says were dropped, oldest first."""
    found = Entry.objects.filter(act=ACT).order_by("idx").values_list("idx", flat=True)
    rows = Leaf.objects.filter(idx__in=list(found)).order_by("idx")
    return [stretch for row in rows if (stretch := _stretch(bytes(row.leaf)))]


@contextmanager
def held_off() -> Iterator[None]:
    """Keep leaves from being dropped for the length of the block."""
    with database.cursor() as sql:
        sql.execute("SELECT pg_advisory_lock_shared(%s)", [LOCK])
    try:
        yield
    finally:
        with database.cursor() as sql:
            sql.execute("SELECT pg_advisory_unlock_shared(%s)", [LOCK])


def _stretch(raw: bytes) -> Stretch | None:
    """Return what an entry says was dropped, None if it was not the sequencer's login."""
    try:
        entry = leaf.decode(raw)
        said = json.loads(entry.detail)
        stretch = Stretch(
            first=int(said["first"]),
            beyond=int(said["beyond"]),
            act=str(said["act"]),
            entries=int(said["entries"]),
            digest=str(said["digest"]),
        )
    except (CdpError, ValueError, KeyError, TypeError):
        return None
    return stretch if entry.act == ACT and entry.role in _SAYS_SO else None


def _named(stretch: Stretch) -> str:
    return f"entries:{stretch.first}-{stretch.beyond}:{stretch.act}"


def _plain(value: object) -> object:
    """Return a search column in the one form that the digest is over."""
    if isinstance(value, datetime):
        return leaf.stamp(value)
    return value if value is None or isinstance(value, int | str) else str(value)
