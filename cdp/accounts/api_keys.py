"""API keys: shown once when issued, kept as a digest, found by it."""

import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from cdp.accounts.models import ApiKey
from cdp.kernel import clock, crypto

MARK = "cdk_"  # lets secret scanners know a leaked key by sight
USED_EVERY = timedelta(minutes=1)  # how exact `last_used_at` is


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key and its token: the only time the token is seen."""

    key: ApiKey
    token: str


def issue(
    *,
    workspace: UUID,
    name: str,
    scopes: Collection[str],
    purposes: Collection[str],
    expires_at: datetime,
) -> IssuedKey:
    """Issue a management key for some scopes and purposes; show the token and forget it."""
    token = MARK + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        workspace_id=workspace,
        name=name,
        prefix=token[: len(MARK) + 6],
        digest=crypto.token_digest(token),
        scopes=sorted(scopes),
        purposes=sorted(purposes),
        expires_at=expires_at,
    )
    return IssuedKey(key=key, token=token)


def find(token: str) -> ApiKey | None:
    """Return the key of `token` if it is in force; a stranger's token costs the same."""
    digest = crypto.token_digest(token)
    now = clock.now()
    key = ApiKey.objects.filter(digest=digest).first()
    known = hmac.compare_digest(bytes(key.digest) if key else bytes(32), digest)
    if key is None or not known or key.revoked_at is not None or key.expires_at <= now:
        return None
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
    return key


def revoke(key_id: UUID) -> None:
    """Put a key out of force at once; a second time changes nothing."""
    ApiKey.objects.filter(pk=key_id, revoked_at=None).update(revoked_at=clock.now())
