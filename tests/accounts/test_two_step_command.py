"""`manage.py two_step take-off`: for an operator who lost their second step."""

from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from audit.models import Inbox
from cdp.accounts import two_step
from cdp.accounts.models import Operator
from cdp.kernel import database
from cdp.kernel.roles import Role
from tests.accounts.door import enroll

pytestmark = pytest.mark.django_db


def take_off(address: str, *, reason: str = "ticket 4711") -> str:
    """Run the command by hand."""
    said = StringIO()
    with database.door("web"):
        call_command("two_step", "take-off", address, "--reason", reason, stdout=said)
    return said.getvalue()


def test_the_steps_go_and_it_is_on_the_record(
    alice: Operator, desk: Client, app_clock: SimpleNamespace
) -> None:
    enroll(desk, at=app_clock.now)

    said = take_off("Alice@example.com")

    with database.door("web"):
        assert not two_step.has(alice.pk)
    with database.as_role(Role.AUDIT):
        entry = Inbox.objects.get(act="operator.two_step_taken_off")
    assert said.startswith("1 second steps taken off")
    assert (entry.actor, entry.obj) == ("sys:two_step", f"operator:{alice.pk}")
    assert "ticket 4711" in entry.detail and "@" not in entry.detail


@pytest.mark.parametrize(
    ("address", "reason"),
    [("nobody@example.com", "ticket"), ("alice@example.com", "mei@example.com asked"),
     ("alice@example.com", "x" * 121)],
)  # fmt: skip
def test_nobody_unknown_and_no_reason_that_names_somebody(
    alice: Operator, address: str, reason: str
) -> None:
    with pytest.raises(CommandError):
        take_off(address, reason=reason)
