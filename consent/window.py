"""
Windows: the only door to people's data.

`with purpose("marketing.email", actor=…):` opens a transaction, tells the database the purpose
for row-level security, and records the use as it closes. Outside, the database returns no person
and the back end raises `PurposeRequired`. Windows do not nest and do not sit in an outer
transaction: a released savepoint would keep the purpose open.
Source: consent reference, parts 3.5 and 3.7.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from cdp.kernel import clock, database, windows
from cdp.kernel.errors import CdpError
from cdp.kernel.windows import Window
from consent import purposes, uses
from consent.uses import Using

_afterwards: ContextVar[list[Callable[[], None]] | None] = ContextVar("reads", default=None)
_SETTINGS = ("cdp.purpose", "cdp.subject", "cdp.actor", "cdp.job", "cdp.erasing")


class PurposeNested(CdpError):
    """A window was opened inside another; one job runs under exactly one purpose."""

    code = "purpose_nested"


class ConsentStale(CdpError):
    """Expired permissions are overdue to be folded, so nothing is read until they are."""

    code = "consent_stale"


@contextmanager
def purpose(key: str, *, actor: object, job: UUID | None = None) -> Iterator[Using]:
    """
    Open the window of one purpose; yields the use that will be recorded.

    :raises UnknownPurpose: the catalogue does not list `key`
    :raises PurposeNested: a window is open
    :raises ConsentStale: the expiry job is more than a minute late
    """
    purposes.spec(key)
    window = Window("purpose", key, str(actor), job)
    _refuse_if_nested()
    _refuse_if_stale()  # before the window, or a read that never was would be on the record
    with _opened(window, {"cdp.purpose": key}) as using:
        yield using


@contextmanager
def subject_window(subject: UUID, *, actor: object) -> Iterator[Using]:
    """
    Open one person's own data for themselves, whatever they permit others.

    :raises PurposeNested: a window is open
    """
    window = Window("subject", "rights", str(actor))
    settings = {"cdp.purpose": "rights", "cdp.subject": str(subject)}
    with _opened(window, settings) as using:
        using.of([subject])
        using.act = "read_own"
        yield using


@contextmanager
def _opened(window: Window, settings: dict[str, str]) -> Iterator[Using]:
    _refuse_if_nested()
    using = Using(window)
    remembered: list[Callable[[], None]] = []
    token = _afterwards.set(remembered)
    try:
        with windows.opened(window), database.atomic(durable=True):
            database.settle(
                {**settings, "cdp.actor": window.actor, "cdp.job": str(window.job or "")}
            )
            yield using
            uses.write(using, outcome="done")
            database.settle(dict.fromkeys(_SETTINGS, ""))
    except BaseException:
        _write_again(using, remembered)
        raise
    finally:
        _afterwards.reset(token)


def _refuse_if_nested() -> None:
    if windows.current() is not None:
        raise PurposeNested("Close the open window first; windows do not nest.")


def remember(entry: Callable[[], None]) -> None:
    """Keep a callable that puts a read on record again, should this window roll back."""
    remembered = _afterwards.get()
    if remembered is not None:
        remembered.append(entry)


def _write_again(using: Using, remembered: list[Callable[[], None]]) -> None:
    """After a rollback, put on record what was read all the same."""
    if database.connection().in_atomic_block:
        return  # the caller's own transaction is being rolled back; under test only
    with database.atomic():
        database.settle({"cdp.actor": using.window.actor, "cdp.purpose": ""})
        uses.write(using, outcome="rolled_back")
        for entry in remembered:
            entry()


def _refuse_if_stale() -> None:
    with database.cursor() as sql:
        sql.execute("SELECT consent_stale(%s)", [clock.now()])
        row = sql.fetchone()
    if row is None or row[0]:
        raise ConsentStale(
            "Expired permissions wait to be folded. Start the drain, or run: manage.py drain --once"
        )
