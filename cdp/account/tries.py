"""Proofs are counted: five wrong ones within five minutes, then a pause."""

from django.utils.translation import gettext as _

from cdp.account import notes
from cdp.accounts import limits
from cdp.accounts.models import Operator


class Refused(Exception):
    """A proof was not even looked at; `text` says why to the operator."""

    def __init__(self, text: str, *, status: int) -> None:
        super().__init__(text)
        self.text, self.status = text, status


def spend(operator: Operator) -> None:
    """
    Count one proof of an operator, before it is looked at, so that many at once are counted too.

    :raises Refused: five wrong ones within five minutes, or they cannot be counted
    """
    try:
        limits.spend(limits.PROOFS, str(operator.pk))
    except (limits.TooManyTries, limits.TriesUncounted) as limit:
        raise refused(limit) from None


def forgive(operator: Operator) -> None:
    """Forget the tries counted so far, after a right one."""
    limits.forgive(limits.PROOFS, str(operator.pk))


def note_wrong(operator: Operator, *, step: str) -> None:
    """Put a wrong proof on the record, and the pause that it begins, if that can be told."""
    notes.keep(operator, "operator.proof_refused", step=step)
    try:
        is_locked = limits.spent(limits.PROOFS, str(operator.pk))
    except limits.TriesUncounted:  # a passkey is not counted, so it comes this far
        is_locked = False
    if is_locked:
        notes.keep(operator, "operator.locked", step=step)


def refused(limit: limits.TooManyTries | limits.TriesUncounted) -> Refused:
    """Return the refusal in the operator's words."""
    if isinstance(limit, limits.TriesUncounted):
        return Refused(_("Signing in is paused. Try again in a minute."), status=503)
    minutes = -(-limit.seconds // 60)
    text = _("Too many tries. Again in %(minutes)s min, or ask an administrator.")
    return Refused(text % {"minutes": minutes}, status=429)
