"""
Opening the sealed part of events: inside an open window, in sets, always on the record.

What a call said besides its public properties (identifiers, context, traits) is sealed under the
person's data key. Whoever opens it leaves an entry per person, in the window's own transaction.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from audit.inbox import record_many
from cdp.kernel import crypto, subjects, windows, workspaces
from cdp.kernel.errors import CdpError
from consent.window import remember
from profiles.events.log import COLUMN, TABLE

_decoder = msgspec.json.Decoder(dict[str, Any])


class EventTampered(CdpError):
    """The sealed part of an event does not belong to the subject it stands under."""

    code = "event_tampered"


@dataclass(frozen=True, slots=True)
class Sealed:
    """The sealed part of one event and the subject that it arrived under."""

    event: UUID
    subject: UUID
    sealed: bytes


def open_private(
    rows: Collection[Sealed], *, actor: object, obj: str, on_record: set[UUID]
) -> dict[UUID, dict[str, Any]]:
    """
    Return the private part of each event; one whose person was erased is absent.

    Each person is put on the record once for `obj`: who is in `on_record` has an entry from an
    earlier set of the same act, and the others are added to it.

    :raises PurposeRequired: no window is open
    :raises EventTampered: a part was altered or belongs to somebody else
    :raises DataKeyTampered, KeyMissing: a data key does not open
    """
    windows.required()
    people = {row.subject for row in rows}
    if fresh := sorted(people - on_record):
        entry = partial(record_many, str(actor), "event.open", subjects=fresh, obj=obj)
        entry()
        remember(entry)
        on_record.update(fresh)
    keys = subjects.data_keys(people).all_or_none()
    workspace = workspaces.current().key
    return {
        row.event: _unseal(row, keys[row.subject], workspace) for row in rows if row.subject in keys
    }


def _unseal(row: Sealed, key: bytes, workspace: str) -> dict[str, Any]:
    aad = crypto.field_aad(workspace, TABLE, COLUMN, row.subject)
    try:
        return _decoder.decode(crypto.unseal(key, row.sealed, aad))
    except crypto.NotAuthentic:
        raise EventTampered(
            "The sealed part of an event does not open. Restore its row from a backup.",
            event=str(row.event),
        ) from None
