"""Operators at their browsers, signed in without the sign-in page."""

from django.test import Client

from cdp.accounts import operator_sessions
from cdp.accounts.models import Operator
from cdp.kernel import clock


def browser_of(operator: Operator, *, proven: bool = True) -> Client:
    """Return the browser of an operator who has just signed in, or whose proof is long past."""
    browser = Client()
    browser.force_login(operator)
    session = browser.session
    session["operator_session"] = str(operator_sessions.begin(operator.pk, device="Test"))
    if proven:
        session["proven_at"] = clock.now().timestamp()
    session.save()
    return browser
