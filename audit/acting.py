"""Saying who acts, for the entries that the database itself writes about changed rows."""

from collections.abc import Iterator
from contextlib import contextmanager

from audit.actors import Actor
from cdp.kernel import database

_SETTINGS = ("cdp.actor", "cdp.request", "cdp.purpose")


@contextmanager
def acting(actor: Actor | str, *, request: str = "", purpose: str = "") -> Iterator[None]:
    """
    Open a transaction in which changed rows are recorded as done by `actor`.

    Within another transaction the former settings come back on leaving: a released savepoint
    would keep ours. The request is the door's unless given.
    """
    with database.atomic():
        former = _settings()
        texts = (str(actor), request or former["cdp.request"], purpose)
        database.settle(dict(zip(_SETTINGS, texts, strict=True)))
        yield
        database.settle(former)


def _settings() -> dict[str, str]:
    with database.cursor() as sql:
        sql.execute("SELECT " + ", ".join(f"current_setting('{s}', true)" for s in _SETTINGS))
        row = sql.fetchone()
    return {name: value or "" for name, value in zip(_SETTINGS, row or (), strict=True)}
