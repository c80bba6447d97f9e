"""
Lines that somebody would like to forge or read: one line an entry, no signs that move a terminal.

Case 31.
"""

import io
import json
import logging as standard
from collections.abc import Iterator

import psycopg
import pytest
import structlog
from django.db import IntegrityError, transaction

from cdp.kernel import database, logging
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from cdp.runtime import roster
from tests.servers import ROOT

HOSTILE = 'Mei\r\n{"event":"forged"}\x1b[2J\x1b]0;owned\x07\u202egnp.exe\u2028\x00\x85\u2066'


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Send everything logged into a text, and put the run's own logging back after."""
    root = standard.getLogger()
    kept = root.handlers, root.level, standard.raiseExceptions
    logging.set_up()
    written = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, standard.StreamHandler)
    handler.setStream(written)
    yield written
    root.handlers, root.level, standard.raiseExceptions = kept
    structlog.reset_defaults()


def assert_inert(text: str, *, lines: int) -> None:
    assert len(text.splitlines()) == lines, "an entry is one line, whatever stands in it"
    assert all(" " <= sign <= "~" or sign == "\n" for sign in text), "plain ASCII alone"
    assert all(json.loads(line)["event"] != "forged" for line in text.splitlines())


def test_a_hostile_value_is_escaped_in_our_own_lines(log: io.StringIO) -> None:
    """Case 31."""
    logging.logger().warning(HOSTILE, reason=HOSTILE, where=[HOSTILE], code={HOSTILE: HOSTILE})

    assert_inert(log.getvalue(), lines=1)


def test_a_hostile_value_is_escaped_in_a_librarys_lines(log: io.StringIO) -> None:
    """Case 31."""
    standard.getLogger("django.request").warning("Not Found: %s", f"/u/{HOSTILE}")
    standard.getLogger(HOSTILE).error(HOSTILE)

    assert_inert(log.getvalue(), lines=2)
    assert "gnp" not in log.getvalue().splitlines()[0], "what was filled in is not kept"


def test_an_address_with_its_query_is_not_logged(log: io.StringIO) -> None:
    for library in ("django.request", "granian.access", "celery.worker.strategy", "urllib3"):
        standard.getLogger(library).warning(
            "%s %s %s", "GET", "/u/secret-token?email=mei@example.com", 404
        )

    text = log.getvalue()
    assert "secret-token" not in text and "mei" not in text
    assert len(text.splitlines()) == 4


@pytest.mark.django_db
def test_what_postgresql_says_about_a_row_is_not_logged(
    workspace: Workspace, log: io.StringIO
) -> None:
    canary = "mei-canary-7f3a"
    with database.as_role(Role.WEB):
        Workspace.objects.create(key=canary, name="Mei")
        try:
            with transaction.atomic():
                Workspace.objects.create(key=canary, name="Mei")
        except IntegrityError as refusal:
            assert canary in str(refusal), "PostgreSQL quotes the value: the control"
            logging.logger().exception("a.failure", reason=refusal)
            standard.getLogger("django.db").error("failed: %s", refusal, exc_info=True)
            standard.getLogger("any.library").exception(refusal)

    text = log.getvalue()
    assert len(text.splitlines()) == 3
    assert canary not in text
    assert "IntegrityError" in text


def test_a_driver_error_given_as_the_text_itself_is_not_quoted(log: io.StringIO) -> None:
    standard.getLogger("pool").error(psycopg.errors.UniqueViolation("Key (email)=(mei) exists"))

    assert "mei" not in log.getvalue()


def test_no_process_writes_an_access_log() -> None:
    """Addresses of a sign-in or an unsubscribe hold a token: no server of ours writes them down."""
    commands = roster.commands(host="127.0.0.1", port=8000, var="var")
    said = " ".join(word for command in commands.values() for word in command)
    composed = (ROOT / "docker-compose.yml").read_text() + (ROOT / "Dockerfile").read_text()

    assert "granian" in said and "granian" in composed, "the server that could"
    assert "access-log" not in said + composed
