"""
A customer asks for a way in: one row, the same for a known and an unknown address.

The door stores the blind index of the address and wakes a worker; whether anyone is behind it is
found out there, so neither the answer nor its timing tells.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from cdp.accounts.models import SignInRequest
from cdp.kernel import clock, database

KEPT = timedelta(days=1)  # requests, links and ended sessions; then nobody needs them
WAITING = timedelta(minutes=10)  # a worker that comes later sends nothing


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that a worker has taken on."""

    blind: bytes
    browser: bytes
    language: str


def ask(*, blind: bytes, browser: bytes, language: str) -> None:
    """Keep a customer's wish to sign in; `browser` is the digest of the binding cookie."""
    SignInRequest.objects.create(blind=blind, browser=browser, language=language)


def take_waiting(*, limit: int = 50) -> Sequence[Asked]:
    """
    Take on up to `limit` waiting requests of the current workspace, each exactly once.

    Requests older than ten minutes are taken and left out: their sender has gone away.
    """
    now = clock.now()
    with database.cursor() as sql:
        sql.execute(
            """UPDATE accounts_signinrequest SET handled_at = %s
               WHERE id IN (SELECT id FROM accounts_signinrequest WHERE handled_at IS NULL
                            ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED)
               RETURNING blind, browser, language, created_at""",
            [now, limit],
        )
        rows = sql.fetchall()
    return [
        Asked(blind=bytes(blind), browser=bytes(browser), language=language)
        for blind, browser, language, asked_at in rows
        if asked_at > now - WAITING
    ]
