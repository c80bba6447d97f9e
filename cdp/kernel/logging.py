"""
Logs that cannot hold a person: JSON lines with an allow-list of keys.

An unknown key is dropped, a value that looks like an address or a phone number is replaced, and
exceptions are named without their text. Source: OWASP ASVS 5.0 16.2.5.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, cast

import structlog

ALLOWED = frozenset(
    (
        "event level timestamp logger run kind error error_at where count seconds state "
        "reason code purpose workspace source request status method route process pid task "
        "delivery campaign segment model version size entries role table key_id queue rate "
        "sqlstate"
    ).split()
)
_ADDRESS = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"']+")
_PHONE = re.compile(r"\+?\d[\d\s().-]{8,}\d")


def without_personal_values(_: Any, __: str, entry: MutableMapping[str, Any]) -> dict[str, Any]:
    """Drop unknown keys and hide what looks like an address or a phone number."""
    kept: dict[str, Any] = {}
    for key, value in entry.items():
        if key in ALLOWED:
            kept[key] = _plain(value)
    return kept


def _plain(value: Any) -> str | int | float | None:
    if value is None or isinstance(value, (int, float)):
        return value
    return type(value).__name__ if isinstance(value, BaseException) else _clean(str(value))


def _clean(text: str) -> str:
    hidden = _ADDRESS.sub("[address]", text)
    is_id = re.fullmatch(r"[0-9a-f-]{32,36}|\d{4}-\d\d-\d\dT.*", hidden)
    return hidden if is_id else _PHONE.sub("[number]", hidden)


def _name_exception(_: Any, __: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Keep an exception's type and place, never its text: it may quote a value."""
    info = entry.pop("exc_info", None)
    info = sys.exc_info() if info is True else info
    if isinstance(info, tuple) and info[0] is not None:
        entry["error"] = info[0].__name__
        frame = info[2]
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        if frame is not None:
            code = frame.tb_frame.f_code
            entry["error_at"] = f"{code.co_filename.rpartition('/')[2]}:{frame.tb_lineno}"
    entry.pop("positional_args", None)
    return entry


def _name_what_is_no_text(_: Any, __: str, entry: MutableMapping[str, Any]) -> Any:
    """Of a library's line that is an object, an exception most often, keep its type alone."""
    record = entry.get("_record")
    if record is not None and not isinstance(record.msg, str):
        entry["event"] = type(record.msg).__name__
    return entry


_PROCESSORS: list[Any] = [
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _name_exception,
]


def set_up(level: int = logging.INFO) -> None:
    """
    Send our logs and the standard library's through the same filter to standard error.

    Of a library's line only the text in its code is kept, not what was filled in.
    """
    structlog.configure(
        processors=[*_PROCESSORS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_logger_name,
                _name_what_is_no_text,
                *_PROCESSORS,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                without_personal_values,
                structlog.processors.JSONRenderer(),
            ],
            use_get_message=False,
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.raiseExceptions = False  # a line that cannot be formatted is not printed raw


def logger() -> structlog.stdlib.BoundLogger:
    """Return the process's logger: an event name and allowed keys, nothing else."""
    return cast(structlog.stdlib.BoundLogger, structlog.get_logger("candor"))
