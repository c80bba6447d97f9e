"""
Links in messages: random tokens of 256 bits, stored as digests; they can only reduce permission.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from cdp.kernel import crypto
from consent.models import Token


@dataclass(frozen=True, slots=True)
class TokenOrder:
    """What one link is for: kind one_click (stop a purpose) or click (go to `target`)."""

    kind: str
    subject: UUID
    purpose: str = ""
    channel: str = ""
    delivery: UUID | None = None
    target: str = ""


def issue_many(orders: Sequence[TokenOrder]) -> list[str]:
    """Make and store one token per order, in their order; the plain tokens are kept nowhere."""
    tokens = [secrets.token_urlsafe(32) for _ in orders]
    Token.objects.bulk_create(
        (
            Token(
                digest=crypto.token_digest(token),
                kind=order.kind,
                subject_id=order.subject,
                purpose_key=order.purpose,
                channel=order.channel,
                delivery_id=order.delivery,
                target=order.target,
            )
            for token, order in zip(tokens, orders, strict=True)
        ),
        batch_size=2_000,
    )
    return tokens


def find(token: str, *, kind: str) -> Token | None:
    """Return what a token stands for, or None for one that was never issued."""
    return Token.objects.filter(digest=crypto.token_digest(token), kind=kind).first()
