"""
Who signs in with a second step, and taking it off somebody who lost theirs.

The authenticators themselves are allauth's rows; seeds are sealed by `cdp.account.adapters`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator

from cdp.accounts import operator_sessions, sealing
from cdp.kernel import database

STEPS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


@dataclass(frozen=True, slots=True)
class Passkey:
    """One passkey of an operator; `alone` says that it signs in without a password."""

    id: int
    name: str
    alone: bool
    added_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Steps:
    """What an operator has as a second step."""

    app: bool
    passkeys: tuple[Passkey, ...]
    codes_left: int


def of(operator: UUID) -> Steps:
    """Return the second steps of an operator."""
    rows = list(Authenticator.objects.filter(user_id=operator).order_by("pk"))
    of_type = {row.type: row for row in rows}
    codes = of_type.get(Authenticator.Type.RECOVERY_CODES)
    return Steps(
        app=Authenticator.Type.TOTP in of_type,
        passkeys=tuple(
            Passkey(row.pk, row.wrap().name, bool(row.wrap().is_passwordless), row.created_at,
                    row.last_used_at)
            for row in rows
            if row.type == Authenticator.Type.WEBAUTHN
        ),
        codes_left=_codes_left(codes) if codes else 0,
    )  # fmt: skip


def _codes_left(codes: Authenticator) -> int:
    """Return how many recovery codes are unused; none of a row that somebody altered."""
    try:
        return len(codes.wrap().get_unused_codes())
    except sealing.SealBroken:
        return 0


def enrolled(operators: Collection[UUID]) -> set[UUID]:
    """Return which of these operators have a second step."""
    rows = Authenticator.objects.filter(user_id__in=operators, type__in=STEPS)
    return set(rows.values_list("user_id", flat=True))


def has(operator: UUID) -> bool:
    """Return whether an operator has a second step."""
    return bool(enrolled([operator]))


def may_go(step: Authenticator, *, required: bool) -> bool:
    """Return whether a step may be removed: the last one stays where everybody needs one."""
    others = Authenticator.objects.filter(user_id=step.user_id, type__in=STEPS).exclude(pk=step.pk)
    return not required or others.exists()


def take_off(operator: UUID) -> int:
    """
    Remove every second step of an operator, with the recovery codes; return how many steps went.

    Their sessions end: whoever signs in next does so with the password, and sets a step up anew.
    """
    with database.atomic():
        steps = Authenticator.objects.filter(user_id=operator)
        count: int = steps.filter(type__in=STEPS).count()
        steps.delete()
        operator_sessions.end_all(operator)
    return count
