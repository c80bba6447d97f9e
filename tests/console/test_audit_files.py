"""What is taken away from the log: an export that checks alone, after a fresh proof of who asks."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from audit import sequencer, signing, verify_log
from audit.inbox import record
from audit.models import Inbox
from cdp.accounts.models import Operator
from cdp.kernel import database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from tests.operators import browser_of


@pytest.fixture
def log(workspace: Workspace) -> int:
    """Sequence what waits and a little more; return how many entries there are."""
    for number in range(5):
        record("sys:test", "bench.note", obj=f"number:{number}")
    with database.as_role(Role.AUDIT):
        return sum(iter(sequencer.sequence, 0))


def test_an_export_is_checked_by_the_verifier_that_is_handed_out(
    omar: Client, log: int, tmp_path: Path
) -> None:
    answer = omar.post(reverse("console:audit_export"), {"first": "1", "last": "3"})

    file = tmp_path / "part.log-export"
    file.write_bytes(answer.content)
    checked = subprocess.run(
        [sys.executable, verify_log.__file__, str(file), "--vkey", signing.vkey()],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer["Content-Disposition"] == 'attachment; filename="audit-1-3.log-export"'
    assert checked.returncode == 0, checked.stderr


def test_without_ends_it_is_the_newest_of_the_log(omar: Client, log: int) -> None:
    answer = omar.post(reverse("console:audit_export"))

    assert answer.content.startswith(b"candor/audit-export@v1\nfrom 0\n")


def test_what_there_is_not_is_said(omar: Client, log: int) -> None:
    answer = omar.post(reverse("console:audit_export"), {"first": "9", "last": "9999"}, follow=True)

    assert "The log has entries from 0 up to" in answer.content.decode()


def test_too_much_at_once_is_refused(omar: Client, log: int) -> None:
    answer = omar.post(
        reverse("console:audit_export"), {"first": "0", "last": "20000"}, follow=True
    )

    assert "At most 20,000 entries at once" in answer.content.decode()


def test_an_export_is_on_record(omar: Client, log: int) -> None:
    omar.post(reverse("console:audit_export"), {"first": "1", "last": "3"})

    with database.as_role(Role.AUDIT):
        assert Inbox.objects.get(act="log.export").detail == '{"beyond":4,"first":1}'


def test_whose_proof_is_old_is_asked_for_a_new_one(omar: Client, log: int) -> None:
    with database.as_role(Role.WEB):
        tired = browser_of(Operator.objects.get(), proven=False)

        answer = tired.post(reverse("console:audit_export"), {"first": "1", "last": "3"})

    assert answer["Location"] == reverse("account:confirm")
