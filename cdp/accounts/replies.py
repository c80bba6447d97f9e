"""
Requests that are carried out once, however often they arrive.

Whoever comes first claims the request, committed on its own; effect and reply are then committed
together. A claim that lapsed without a reply had no effect, since a reply that comes too late
takes its effect back with it. Replies are kept sealed for a day.
Source: delivery reference, part 3.5; draft-ietf-httpapi-idempotency-key-header.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from cdp.accounts.models import KeptReply
from cdp.kernel import clock, crypto, keyring
from cdp.kernel.errors import CdpError
from cdp.kernel.identifiers import uuid7
from cdp.kernel.keyring import Key, Use

LEASE = timedelta(seconds=60)
KEPT = timedelta(hours=24)


class RequestInFlight(CdpError):
    """The same request is being carried out at this moment."""

    code = "request_in_flight"


class KeyReused(CdpError):
    """The Idempotency-Key came with another request before."""

    code = "idempotency_key_reused"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to carry a request out, until the lease ends or the reply is kept."""

    id: UUID
    caller: UUID
    digest: bytes


def begin(caller: UUID, *, route: str, idempotency_key: str, request: bytes) -> Claim | bytes:
    """
    Claim a request, or return the reply that it got before.

    :raises RequestInFlight: somebody else carries it out
    :raises KeyReused: the key stands for another request
    """
    now = clock.now()
    digest = _digest(route.encode(), idempotency_key.encode())
    fresh = KeptReply(
        caller=caller,
        digest=digest,
        request=_digest(request),
        claim=uuid7(),
        began_at=now,
        lease_until=now + LEASE,
    )
    KeptReply.objects.bulk_create([fresh], ignore_conflicts=True)
    found = KeptReply.objects.filter(caller=caller, digest=digest).first()
    if found is None:  # given back since the line above
        raise _in_flight()
    if found.pk == fresh.pk:
        return Claim(fresh.claim, caller, digest)
    is_old = found.began_at <= now - KEPT
    if not is_old and bytes(found.request) != fresh.request:
        raise KeyReused("Use another Idempotency-Key for another request.")
    if not is_old and found.reply is not None:
        return _opened(found)
    if not is_old and found.lease_until is not None and found.lease_until > now:
        raise _in_flight()
    taken = KeptReply.objects.filter(pk=found.pk, claim=found.claim).update(
        request=fresh.request,
        claim=fresh.claim,
        began_at=now,
        lease_until=fresh.lease_until,
        reply=None,
    )
    if not taken:
        raise _in_flight()
    return Claim(fresh.claim, caller, digest)


def keep(claim: Claim, reply: bytes) -> None:
    """
    Keep the reply to a claimed request, in the transaction of its effect.

    :raises RequestInFlight: the lease ended and somebody else took the request up
    """
    key = keyring.current().active(Use.TOKEN)
    sealed = crypto.seal(_sealing(key), reply, _place(claim.caller, claim.digest))
    kept = KeptReply.objects.filter(claim=claim.id, reply=None).update(
        key_id=key.id, reply=sealed, lease_until=None
    )
    if not kept:
        raise _in_flight()


def release(claim: Claim) -> None:
    """Give a claim back: the request failed and had no effect."""
    KeptReply.objects.filter(claim=claim.id, reply=None).delete()


def forget_old() -> int:
    """Delete what was kept for a day, in the current workspace; return how many."""
    return int(KeptReply.objects.filter(began_at__lte=clock.now() - KEPT).delete()[0])


def _in_flight() -> RequestInFlight:
    return RequestInFlight("This request is being carried out. Ask again in a moment.")


def _opened(found: KeptReply) -> bytes:
    assert found.reply is not None and found.key_id is not None
    key = keyring.current().get(Use.TOKEN, found.key_id)
    place = _place(found.caller, bytes(found.digest))
    return crypto.unseal(_sealing(key), bytes(found.reply), place)


def _digest(*parts: bytes) -> bytes:
    """
    Return a digest that nobody can guess a request from.

    Made with a root that is never rotated: under a fresh key a repeat would be a new request.
    """
    root = keyring.current().active(Use.REFERENCE).material
    secret = crypto.derive(root, "cdp1", "idempotency")
    return crypto.keyed_digest(secret, crypto.lp("request", *parts))


def _sealing(key: Key) -> bytes:
    return crypto.derive(key.material, "cdp1", "reply")


def _place(caller: UUID, digest: bytes) -> bytes:
    return crypto.lp("reply", caller.bytes, digest)
