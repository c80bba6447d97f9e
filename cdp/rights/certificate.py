"""What can be shown of an erasure: what went, what stays and why, and its place in the log."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from audit import pseudonym, queries
from cdp.kernel.errors import CdpError
from cdp.rights.stores import GOES, STAYS
from consent import erasures

_KEYS = GOES[-1].table


class NoSuchErasure(CdpError):
    """The ledger has no erasure of that id in this workspace."""

    code = "no_such_erasure"


@dataclass(frozen=True, slots=True)
class Certificate:
    """
    An erasure without any value of the person.

    `person` is their pseudonym in the log; `entry` the number of the entry `profile.erase`, None
    until the sequencer has placed it (`manage.py audit prove` makes its proof file).
    """

    erasure: UUID
    person: str
    reason: str
    requested_at: datetime
    erased_at: datetime
    rows: dict[str, int]
    data_keys_destroyed: int
    stays: dict[str, str]
    entry: int | None

    def as_document(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        facts = asdict(self)
        at = {name: facts[name].isoformat() for name in ("requested_at", "erased_at")}
        return facts | at | {"erasure": str(self.erasure)}


def certify(erasure: UUID) -> Certificate:
    """
    Return the certificate of one erasure of the current workspace.

    :raises NoSuchErasure: the ledger has none of that id
    """
    line = erasures.find(erasure)
    if line is None:
        raise NoSuchErasure("The ledger has no such erasure.", erasure=str(erasure))
    return Certificate(
        erasure=line.id,
        person=pseudonym.of(line.subject).hex(),
        reason=line.reason,
        requested_at=line.requested_at,
        erased_at=line.erased_at,
        rows=dict(line.counts),
        data_keys_destroyed=line.counts.get(_KEYS, 0),
        stays=dict(STAYS),
        entry=_entry(line.subject, f"erasure:{line.id}"),
    )


def _entry(subject: UUID, obj: str) -> int | None:
    """Return where the erasure stands in the log."""
    about = queries.about(subject, limit=500)
    return next(
        (line.index for line in about if line.act == "profile.erase" and line.obj == obj), None
    )
