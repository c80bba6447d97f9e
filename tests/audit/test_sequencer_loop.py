"""The loop: the log first, then the rounds that are due, each through its own door."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils.module_loading import import_string

from audit.inbox import record
from cdp.kernel import clock, database
from cdp.kernel.roles import PROCESSES, Role
from cdp.management.commands.sequencer import ROUNDS, Loop
from tests.audit.conftest import ALICE
from tests.audit.logs import inbox, rows
from tests.conftest import NOON

pytestmark = pytest.mark.django_db

made: list[str] = []


def make_round() -> None:
    """Note which role a round is made as."""
    made.append(str(rows("SELECT current_user::text")[0][0]))


def test_a_step_sequences_and_makes_the_rounds_that_are_due(workspace_id: UUID) -> None:
    made.clear()
    loop = Loop({f"{__name__}.make_round": ("sweep", timedelta(seconds=15))})
    record(ALICE, "segment.create")

    counts, rounds = [], []
    for seconds in (0, 14, 15, 29, 30):
        with clock.stopped(NOON + timedelta(seconds=seconds)), database.as_role(Role.AUDIT):
            counts.append(loop.step())
        rounds.append(len(made))

    assert counts == [1, 0, 0, 0, 0]
    assert rounds == [1, 1, 2, 2, 3]
    assert set(made) == {Role.SWEEP}
    assert inbox("id") == []


def test_a_loop_that_was_asked_to_stop_begins_nothing_more(workspace_id: UUID) -> None:
    record(ALICE, "segment.create")
    loop = Loop({})
    loop.stop()

    loop.run()

    assert inbox("act") == [("segment.create",)]


@pytest.mark.parametrize("name", ROUNDS)
def test_every_round_exists_and_has_a_login_in_this_process(name: str) -> None:
    door, every = ROUNDS[name]

    assert callable(import_string(name))
    assert door in PROCESSES["sequencer"]
    assert every > timedelta()
