"""
Customers who are signed in to the portal: apart from operators' sessions in cookie and table.

A session ends after 15 minutes without a request and after 8 hours in any case.
Source: OWASP ASVS 5.0 7.3.
"""

import secrets
from datetime import timedelta
from uuid import UUID

from cdp.accounts.models import CustomerSession
from cdp.kernel import clock, crypto, database

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=8)


def begin(subject_id: UUID) -> str:
    """Begin a session and return the cookie's value; only its digest is kept."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    CustomerSession.objects.create(
        subject_id=subject_id,
        digest=crypto.token_digest(token),
        last_seen_at=now,
        expires_at=now + ABSOLUTE,
    )
    return token


def whose(token: str) -> UUID | None:
    """Return whose session this is and renew its idle limit, or None when it is over."""
    now = clock.now()
    with database.cursor() as sql:
        sql.execute(
            """UPDATE accounts_customersession SET last_seen_at = %s
               WHERE digest = %s AND ended_at IS NULL AND expires_at > %s AND last_seen_at > %s
               RETURNING subject_id""",
            [now, crypto.token_digest(token), now, now - IDLE],
        )
        row = sql.fetchone()
    return row[0] if row else None


def end(token: str) -> None:
    """End a session; ending it twice changes nothing."""
    CustomerSession.objects.filter(digest=crypto.token_digest(token), ended_at=None).update(
        ended_at=clock.now()
    )
