"""What every serving process checks before its first request or task."""

from django.db import connections

from cdp.kernel import database
from consent import boot


def refuse_if_unsafe() -> None:
    """
    Check the process's own login thoroughly, and the role of every other door it opens.

    :raises BootRefused: with one sentence that says what to do
    """
    boot.check_all()
    for alias in connections:
        with database.door(alias):
            boot.check_role()
