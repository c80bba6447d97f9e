"""
Accepting: the first half of intake. A request becomes one sealed journal row; that is what 200
means. The drain makes events of it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from cdp.kernel import clock, crypto, database, keyring
from cdp.kernel.keyring import Use
from profiles.events import wire
from profiles.events.wire import Envelope
from profiles.sources.find import SourceFacts


def journal_aad(source: UUID, key_id: int) -> bytes:
    """Return what a journal row is bound to."""
    return crypto.lp("journal", source.bytes, str(key_id))


def accept(
    source: SourceFacts, envelope: Envelope, *, received_at: datetime, gpc: bool = False
) -> int:
    """
    Put one request into the intake journal, durably and sealed; return how many calls it holds.

    One row and one commit, whatever the number of calls.
    """
    key = keyring.current().active(Use.INTAKE)
    # the key in the body has done its work at the door and is not kept
    kept = msgspec.structs.replace(envelope, writeKey=None)
    sealed = crypto.seal(key.material, wire.pack(kept), journal_aad(source.id, key.id))
    with database.cursor() as sql:
        sql.execute(
            """INSERT INTO profiles_journal
                 (workspace_id, source_id, received_at, intake_key_id, sealed, events, gpc, tries)
               VALUES (%s, %s, %s, %s, %s, %s, %s, 0)""",
            [source.workspace, source.id, received_at, key.id, sealed, len(kept.batch), gpc],
        )
    return len(kept.batch)


def accept_calls(source: SourceFacts, calls: Iterable[Mapping[str, Any]]) -> int:
    """Put calls of the platform itself (a click, a sent message) through the same door."""
    encoder = msgspec.json.Encoder()
    batch = [msgspec.Raw(encoder.encode(call)) for call in calls]
    if not batch:
        return 0
    return accept(source, Envelope(batch=batch), received_at=clock.now())
