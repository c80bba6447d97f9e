"""
The town that is measured: a workspace whose people came in through the real intake.

References run as the administrator of the throwaway database, whom no row-level security binds,
over plain tables of the schema `bench`.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain, islice
from random import Random
from typing import Any
from uuid import UUID

import psycopg
from django.conf import settings

from audit.actors import Actor
from cdp.benchmarks import logins, residents
from cdp.benchmarks.ground import Ground
from cdp.benchmarks.residents import Call
from cdp.benchmarks.sizes import Size
from cdp.demo.seed import seed
from cdp.kernel import clock, workspaces
from cdp.kernel.roles import Role
from profiles import pipeline
from profiles.events import intake
from profiles.sources import find
from profiles.sources.find import SourceFacts

ACTOR = Actor.system("bench")
SEED = 20_260_615
REQUEST = 100  # calls a request


@dataclass(frozen=True, slots=True)
class Town:
    """Where a benchmark works: its workspace, its sources, and the administrator's connection."""

    size: Size
    workspace: UUID
    till: SourceFacts
    preferences: SourceFacts
    administrator: psycopg.Connection[tuple[Any, ...]]

    def through(self, role: Role) -> AbstractContextManager[None]:
        """Speak through a role's own login in this workspace."""
        return logins.through(role, workspace=self.workspace)

    def ask(self, statement: str, facts: Any = None) -> list[tuple[Any, ...]]:
        """Return the administrator's rows of a statement."""
        return self.administrator.execute(statement, facts).fetchall()

    def tell(self, *statements: str) -> None:
        """Run the administrator's statements, each in a transaction of its own."""
        for statement in statements:
            self.administrator.execute(statement)

    def subject_of(self, user_id: str) -> UUID:
        """Return who a user id stands for; the first event under it tells."""
        rows = self.ask(
            "SELECT subject_id FROM profiles_event WHERE key = %s", [f"identify-{user_id}"]
        )
        found: UUID = rows[0][0]
        return found


def settle(ground: Ground, size: Size) -> Town:
    """Make the workspace and let everybody in: identify, answer, buy; about 1 ms an event."""
    logins.take(ground.dsns)
    with logins.through(Role.WEB):
        seed(settings.VAR)
        workspace = workspaces.every()[0]
    with logins.through(Role.INGEST, workspace=workspace):
        till, preferences = _source("till"), _source("preferences")
    administrator = psycopg.connect(ground.administrator, autocommit=True)
    administrator.prepare_threshold = None  # as Django: no statement is prepared
    town = Town(size, workspace, till, preferences, administrator)
    town.tell("SET jit = off", "CREATE SCHEMA bench")  # every login of ours goes without jit too
    _let_in(town, till, _arrivals(size))
    _let_in(town, preferences, _answers(size))
    _let_in(town, till, _orders(size))
    town.tell("VACUUM ANALYZE")
    return town


def _source(key: str) -> SourceFacts:
    found = find.by_key(key)
    assert found is not None, "the seed makes it"
    return found


def _let_in(town: Town, source: SourceFacts, calls: Iterable[Call]) -> None:
    with town.through(Role.INGEST):
        for number, batch in enumerate(batches(calls)):
            intake.accept_calls(source, batch)
            if number % 50 == 49:
                drain(town)
        drain(town)


def seeded() -> Random:
    """Return a generator of chance that is the same on every run."""
    return Random(SEED)  # noqa: S311  (nothing secret comes of it)


def batches(calls: Iterable[Call]) -> Iterator[list[Call]]:
    """Yield calls as requests carry them."""
    rest = iter(calls)
    while batch := list(islice(rest, REQUEST)):
        yield batch


def drain(town: Town) -> None:
    """Drain the town's journal until it is empty."""
    while pipeline.drain_once(town.workspace):
        pass


def _everybody(size: Size) -> Iterator[tuple[str, int]]:
    yield residents.REGULAR, 1
    for number in range(size.residents):
        yield residents.resident(number), number


def _arrivals(size: Size) -> Iterator[Call]:
    for user_id, number in _everybody(size):
        yield residents.identify(user_id, number=number)


def _answers(size: Size) -> Iterator[Call]:
    for user_id, number in _everybody(size):
        yield residents.answers(user_id, allowed=residents.permits(number))


def _orders(size: Size) -> Iterator[Call]:
    chance, now = seeded(), clock.now()
    regular = residents.orders(
        residents.REGULAR, size.regular_orders, label="order", chance=chance, now=now
    )
    return chain(
        regular,
        (
            call
            for number in range(size.residents)
            for call in residents.orders(
                residents.resident(number), size.orders, label="order", chance=chance, now=now
            )
        ),
    )
