"""Logs that cannot hold a person: every line, ours or a library's, passes the same filter."""

import io
import json
import logging as standard
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from cdp.kernel import logging

ADDRESS, NUMBER = "ann.canary.7f3a@example.com", "+49 151 1234 5678"


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


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_line_keeps_its_event_its_level_and_the_keys_on_the_list(log: io.StringIO) -> None:
    logging.logger().info("drain.batch", count=3, table="profiles_event", seconds=0.2)

    (line,) = lines(log)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "drain.batch", "level": "info", "count": 3, "table": "profiles_event",
        "seconds": 0.2,
    }  # fmt: skip


def test_a_key_that_is_not_on_the_list_is_dropped(log: io.StringIO) -> None:
    logging.logger().info("mail.sent", name="Ann Smith", email=ADDRESS, count=1)

    (line,) = lines(log)
    assert line.keys() == {"event", "level", "timestamp", "count"}


@pytest.mark.parametrize(
    "value", [ADDRESS, f"to <{ADDRESS}>, now", NUMBER, f"call {NUMBER}", [ADDRESS], {"to": NUMBER}]
)
def test_an_address_or_a_number_is_hidden_wherever_it_stands(value: Any, log: io.StringIO) -> None:
    logging.logger().warning(f"sent to {ADDRESS}", reason=value, where=value)

    assert "canary" not in log.getvalue()
    assert "1234" not in log.getvalue()
    assert lines(log)[0]["event"] == "sent to [address]"


def test_ids_and_moments_are_no_numbers(log: io.StringIO) -> None:
    run, moment = "0198c0de-0000-7000-8000-00000000001e", "2026-06-15T12:00:00+00:00"

    logging.logger().info("job.done", run=run, where=moment)

    assert (lines(log)[0]["run"], lines(log)[0]["where"]) == (run, moment)


def test_an_exception_is_named_with_its_place_and_without_its_text(log: io.StringIO) -> None:
    try:
        raise ValueError(f"Ann Smith has {ADDRESS}")
    except ValueError as failure:
        logging.logger().exception("job.failed", reason=failure)

    (line,) = lines(log)
    assert (line["error"], line["reason"]) == ("ValueError", "ValueError")
    assert line["error_at"].startswith("test_logging.py:")
    assert "Smith" not in log.getvalue()


def test_a_librarys_line_keeps_its_own_text_and_not_what_was_filled_in(log: io.StringIO) -> None:
    library = standard.getLogger("celery.worker")
    try:
        raise ValueError(f"Ann Smith has {ADDRESS}")
    except ValueError as failure:
        library.exception("Task %s raised unexpected: %r", "tasks.send", failure)

    (line,) = lines(log)
    assert line["event"] == "Task %s raised unexpected: %r"
    assert (line["logger"], line["level"], line["error"]) == (
        "celery.worker",
        "error",
        "ValueError",
    )
    assert "Smith" not in log.getvalue()


def test_a_line_that_cannot_be_formatted_is_not_printed_raw(
    log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    class Sour:
        def __str__(self) -> str:
            raise RuntimeError(ADDRESS)

    logging.logger().info("a.line", reason=Sour())

    assert "canary" not in log.getvalue() + "".join(capsys.readouterr())
