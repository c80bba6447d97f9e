"""
Sequences in children that die: the first before its first statement, the next after it, and so on.

Run as `python -m tests.audit.killed_sequencer DSN`; DSN is a login that may write to the inbox.
Each child takes what waits, and is killed with SIGKILL at one statement later than the one before,
half of them just ahead of it and half just after it. The anchors are written after the commit and
read the database once more, so deaths between commit and anchor are among them. Prints how many
children died; the last one lives.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django
import psycopg
from django.db import connection
from django.utils.module_loading import import_string

ENTRIES = 3


def main(dsn: str) -> int:
    """Kill one child after another until one gets through; return how many died."""
    django.setup()
    died = 0
    while True:
        _write(dsn)
        child = os.fork()
        if child == 0:
            _sequence_until(died)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            return died if status == 0 else -1
        died += 1


def _write(dsn: str) -> None:
    with psycopg.connect(dsn) as writer:
        for number in range(ENTRIES):
            writer.execute(
                "INSERT INTO audit_inbox (actor, act) VALUES ('op:1', %s)", [f"test.{number}"]
            )


def _sequence_until(moment: int) -> None:
    """Sequence, and die at statement `moment // 2`: even ones before it runs, odd ones after."""
    sequence = import_string("audit.sequencer.sequence")  # its models need Django to be set up
    statement, after = divmod(moment, 2)
    count = 0

    def die(execute: Callable[..., Any], *call: Any) -> Any:
        nonlocal count
        mine, count = count, count + 1
        if mine == statement and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        done = execute(*call)
        if mine == statement:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    with connection.execute_wrapper(die):
        sequence()
    os._exit(0)


if __name__ == "__main__":
    sys.stdout.write(f"{main(sys.argv[1])}\n")
