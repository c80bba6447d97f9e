"""API keys: shown once when issued, kept as a digest, found by it; replaced with an overlap."""

import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from cdp.accounts.models import ApiKey
from cdp.accounts.permissions import SCOPES
from cdp.kernel import clock, crypto, database
from cdp.kernel.errors import CdpError

MARK = "cdk_"  # lets secret scanners know a leaked key by sight
USED_EVERY = timedelta(minutes=1)  # how exact `last_used_at` is
LONGEST = timedelta(days=365)
ENDS_SOON = timedelta(days=14)
LONGEST_OVERLAP = timedelta(days=30)
MAX_NAME = 80


class KeyUnfit(CdpError):
    """A key cannot be like this: no name, no known scope, or no end within a year."""

    code = "key_unfit"


class KeyNotFound(CdpError):
    """The workspace has no such key."""

    code = "key_not_found"


class KeyOver(CdpError):
    """The key is not in force any more, or another one replaces it already."""

    code = "key_over"


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
    replaces: ApiKey | None = None,
) -> IssuedKey:
    """
    Issue a management key for some scopes and purposes; show the token and forget it.

    :raises KeyUnfit: no name, no scope, an unknown one, or an end that is not within a year
    """
    now = clock.now()
    if not name.strip() or len(name) > MAX_NAME:
        raise KeyUnfit(f"Give the key a name of at most {MAX_NAME} characters.")
    if not scopes or set(scopes) - SCOPES.keys():
        raise KeyUnfit("Choose at least one of the listed scopes.")
    if not now < expires_at <= now + LONGEST:
        raise KeyUnfit("Let the key end within a year.")
    token = MARK + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        workspace_id=workspace,
        name=name.strip(),
        prefix=token[: len(MARK) + 6],
        digest=crypto.token_digest(token),
        scopes=sorted(scopes),
        purposes=sorted(purposes),
        expires_at=expires_at,
        replaces=replaces,
    )
    return IssuedKey(key=key, token=token)


def find(token: str) -> ApiKey | None:
    """Return the key of `token` if it is in force; a stranger's token costs the same."""
    digest = crypto.token_digest(token)
    now = clock.now()
    key = ApiKey.objects.filter(digest=digest).first()
    known = hmac.compare_digest(bytes(key.digest) if key else bytes(32), digest)
    if key is None or not known or not is_in_force(key, as_of=now):
        return None
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
    return key


def is_in_force(key: ApiKey, *, as_of: datetime) -> bool:
    """Return whether a key opens anything at a moment."""
    return key.revoked_at is None and as_of < key.expires_at


def rotate(key_id: UUID, *, workspace: UUID, overlap: timedelta, expires_at: datetime) -> IssuedKey:
    """
    Issue a key like another one, which goes on for `overlap` (at most its own life) and then ends.

    :raises KeyNotFound: the workspace has no such key
    :raises KeyOver: it is not in force, or another one replaces it already
    :raises KeyUnfit: an overlap of more than 30 days, or an end that is not within a year
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise KeyUnfit(f"Let the old key go on for at most {LONGEST_OVERLAP.days} days.")
    with database.atomic():
        now = clock.now()
        old = _held(key_id, workspace)
        followed = ApiKey.objects.filter(replaces=old, revoked_at=None).exists()
        if followed or not is_in_force(old, as_of=now):
            raise KeyOver("Choose a key that is in force and has not been replaced.")
        made = issue(
            workspace=workspace,
            name=old.name,
            scopes=old.scopes,
            purposes=old.purposes,
            expires_at=expires_at,
            replaces=old,
        )
        old.expires_at = min(old.expires_at, now + overlap)
        old.save(update_fields=["expires_at"])
    return made


def revoke(key_id: UUID, *, workspace: UUID) -> bool:
    """
    Put a key out of force at once and return whether it was in force.

    :raises KeyNotFound: the workspace has no such key
    """
    with database.atomic():
        now = clock.now()
        key = _held(key_id, workspace)
        was = is_in_force(key, as_of=now)
        if key.revoked_at is None:
            key.revoked_at = now
            key.save(update_fields=["revoked_at"])
    return was


def _held(key_id: UUID, workspace: UUID) -> ApiKey:
    """Return a key of the workspace, locked until the transaction ends."""
    rows = ApiKey.objects.select_for_update().filter(pk=key_id, workspace_id=workspace)
    if (key := rows.first()) is None:
        raise KeyNotFound("Choose a key of this workspace.")
    return key
