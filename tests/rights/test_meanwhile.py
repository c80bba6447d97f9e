"""Others write about a person at the very moment they are erased: nothing of it is left."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest

from cdp.kernel.roles import Role
from cdp.rights.erase import MergedMeanwhile
from cdp.runtime import bootstrap
from tests.people import EVERYTHING, Customer, Shop
from tests.rights.conftest import DATABASE, erased
from tests.rights.holdings import Holdings
from tests.servers import Servers
from tests.stories.house import eventually

ENTER = """
    INSERT INTO profiles_membership (id, subject_id, segment_id, entered_at, reason)
    VALUES (gen_random_uuid(), %s, gen_random_uuid(), now(), '{}')"""


class Worker:
    """Another process: a connection of its own, with a worker's login, in the open window."""

    def __init__(self, servers: Servers, shop: Shop) -> None:
        self.link = psycopg.connect(servers.dsn(Role.WORKER, DATABASE))
        settings = {
            "cdp.workspace": shop.workspace.pk, "cdp.actor": "job:test/1",
            "cdp.purpose": "profiling.segmentation",
        }  # fmt: skip
        for name, value in settings.items():
            self.link.execute("SELECT set_config(%s, %s, false)", [name, str(value)])
        self.link.commit()

    def enters(self, subject: UUID) -> int:
        """Put somebody into a segment; returns how many rows were written. Does not commit."""
        return self.link.execute(ENTER, [subject]).rowcount


@pytest.fixture
def worker(servers: Servers, own_shop: Shop) -> Iterator[Worker]:
    made = Worker(servers, own_shop)
    yield made
    made.link.close()


@pytest.fixture
def sofia(own_shop: Shop) -> Customer:
    return own_shop.welcome("sofia", says=EVERYTHING)


@pytest.fixture
def blocked(servers: Servers, own_shop: Shop) -> Iterator[Callable[[], int]]:
    """Return how many sessions of the database wait for a lock."""
    dsn = bootstrap.with_database(servers.administrator, DATABASE)
    with psycopg.connect(dsn, autocommit=True) as server:

        def count() -> int:
            row = server.execute(
                """SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'"""
            ).fetchone()
            return int(row[0]) if row else 0

        yield count


@contextmanager
def beside(work: Callable[[], None]) -> Iterator[None]:
    """Do `work` in a thread of its own; what it raises is raised here."""
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=guarded)
    thread.start()
    try:
        yield
    finally:
        thread.join(timeout=60)
    assert not failures, failures


def test_what_is_being_written_is_waited_for_and_goes_too(
    sofia: Customer, worker: Worker, holdings: Holdings, blocked: Callable[[], int]
) -> None:
    assert worker.enters(sofia.subject) == 1

    def commits_once_the_erasure_waits() -> None:
        eventually(lambda: blocked() == 1, why="the erasure does not wait", seconds=30)
        worker.link.commit()

    with beside(commits_once_the_erasure_waits):
        line = erased(sofia.subject)

    assert "profiles_membership" not in holdings.of(sofia.subject)
    assert line.counts.get("profiles_membership", 0) == 0, "it came after the count"


def test_what_would_be_written_behind_an_erasure_is_not(
    sofia: Customer, worker: Worker, holdings: Holdings, blocked: Callable[[], int],
    servers: Servers,
) -> None:  # fmt: skip
    dsn = bootstrap.with_database(servers.administrator, DATABASE)
    written: list[int] = []
    with psycopg.connect(dsn, autocommit=True) as gate:
        gate.execute(
            """CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql
               AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN OLD; END';
               CREATE TRIGGER wait BEFORE DELETE ON profiles_profile
               FOR EACH ROW EXECUTE FUNCTION wait();
               SELECT pg_advisory_lock(42)"""
        )

        def writes_in_the_middle() -> None:
            eventually(lambda: blocked() == 1, why="the erasure is not stopped", seconds=30)

            def opens_the_gate() -> None:
                eventually(lambda: blocked() == 2, why="the worker does not wait", seconds=30)
                gate.execute("SELECT pg_advisory_unlock(42)")

            with beside(opens_the_gate):
                written.append(worker.enters(sofia.subject))
                worker.link.commit()

        with beside(writes_in_the_middle):
            erased(sofia.subject)

    assert written == [0]
    assert "profiles_membership" not in holdings.of(sofia.subject)


def test_who_is_merged_while_the_erasure_waits_is_not_erased_by_half(
    own_shop: Shop, sofia: Customer, blocked: Callable[[], int], servers: Servers,
    holdings: Holdings,
) -> None:  # fmt: skip
    mei = own_shop.welcome("mei", says=EVERYTHING)
    dsn = bootstrap.with_database(servers.administrator, DATABASE)
    with psycopg.connect(dsn, autocommit=True) as drain:
        drain.execute("SELECT pg_advisory_lock(hashtext('identity'), hashtext('default'))")

        def merges() -> None:
            try:
                eventually(lambda: blocked() == 1, why="the erasure does not wait", seconds=30)
                drain.execute(
                    "UPDATE kernel_origin SET subject_id = %s WHERE subject_id = %s",
                    [mei.subject, sofia.subject],
                )
            finally:
                drain.execute("SELECT pg_advisory_unlock_all()")

        with beside(merges), pytest.raises(MergedMeanwhile):
            erased(sofia.subject)

    assert "profiles_profile" in holdings.of(sofia.subject)
