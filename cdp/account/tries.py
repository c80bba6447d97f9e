"""Proofs are counted: five wrong ones within five minutes, then a pause."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from cdp.accounts import limits
from cdp.accounts.models import Operator


class Refused(Exception):
    """A proof was not even looked at; `text` says why to the operator."""

    def __init__(self, text: str, *, status: int) -> None:
        super().__init__(text)
        self.text, self.status = text, status


def counted(operator: Operator, check: Callable[[], bool]) -> bool:
    """
    Return what `check` says about an operator's proof, and count it unless it is right.

    :raises Refused: five wrong ones within five minutes, or they cannot be counted
    """
    whom = str(operator.pk)
    try:
        limits.spend(limits.PROOFS, whom)  # before the check, so that many at once are counted
        if not check():
            return False
        limits.forgive(limits.PROOFS, whom)
    except limits.TooManyTries as limit:
        raise Refused(too_many(limit), status=429) from None
    except limits.TriesUncounted:
        raise Refused(_("Signing in is paused. Try again in a minute."), status=503) from None
    return True


def too_many(limit: limits.TooManyTries) -> str:
    """Return what is said to who tried too often."""
    return _("Too many tries. Again in %(minutes)s min, or ask an administrator.") % {
        "minutes": -(-limit.seconds // 60)
    }
