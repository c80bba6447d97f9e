"""
Going on under a new name after an older database was restored.

A log must never sign two histories under one name. Whoever holds a proof under the former name
can see from the first entry of the new one what was restored, and why.
"""

import re

from audit import anchors, signing
from audit.actors import Actor
from audit.inbox import record
from cdp.kernel import clock, database, keyring
from cdp.kernel.keyring import Key, Keyring, Use


def begin_origin(reason: str) -> str:
    """
    Give the log its next name and a key of its own; return the new verifier key.

    The anchor file is put aside; the last anchored checkpoint and `reason` become an entry. The
    former key keeps verifying what it signed and signs no more.
    """
    last = anchors.newest()
    former = signing.origin()
    name = _next(former)
    with database.atomic():
        record(
            Actor.system("origin"),
            "log.new_origin",
            obj=name,
            detail={"reason": reason, "former": former, "note": last.note if last else ""},
        )
        keyring.change(lambda ring: _renamed(ring, name))
        anchors.archive()
    return signing.vkey()


def _next(origin: str) -> str:
    """Return `…/audit/2` for `…/audit`, `…/audit/3` for `…/audit/2`."""
    match = re.fullmatch(r"(.+)/(\d+)", origin)
    return f"{match[1]}/{int(match[2]) + 1}" if match else f"{origin}/2"


def _renamed(ring: Keyring, origin: str) -> Keyring:
    """Return the keyring with a fresh signing key under the new name, active."""
    grown = ring.with_new(Use.SIGN, at=clock.now())
    fresh = grown.active(Use.SIGN)
    signs = Key(fresh.id, fresh.use, fresh.state, fresh.created, fresh.material, origin)
    others = [key for use in Use for key in grown.of(use) if key != fresh]
    return Keyring([*others, signs])
