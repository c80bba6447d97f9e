"""
The data-use ledger: who used people's data, for what, how many.

A window writes its row as it closes, in its own transaction; when the window rolled back, the row
is written again by itself, marked so, because what was read was read.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cdp.kernel import clock, database
from cdp.kernel.identifiers import uuid7
from cdp.kernel.windows import Window
from consent.models import DataUse


@dataclass(slots=True)
class Using:
    """What a window learns about its own use while it is open."""

    window: Window
    id: UUID = field(default_factory=uuid7)
    started_at: datetime = field(default_factory=clock.now)
    act: str = "read"
    scope: str = "open"
    subject: UUID | None = None
    people: int | None = None
    ref: str = ""
    categories: tuple[int, ...] = ()
    members: list[UUID] = field(default_factory=list)

    def of(self, subjects: Iterable[UUID]) -> None:
        """Say whose data was used; one person is named, several become the use's members."""
        self.members.extend(subjects)
        self.people = len(set(self.members))
        self.scope, self.subject = "list", None
        if self.people == 1:
            self.scope, self.subject = "subject", self.members[0]

    def doing(self, act: str, *, people: int | None = None, ref: str = "") -> None:
        """Say what was done, to how many, for which object."""
        self.act, self.ref = act, ref or self.ref
        if people is not None:
            self.people = people


def write(using: Using, *, outcome: str) -> None:
    """Record one use with its members, if it has several."""
    window = using.window
    DataUse.objects.create(
        id=using.id,
        purpose_key=window.purpose,
        actor=window.actor,
        job_id=window.job,
        act=using.act,
        categories=list(using.categories),
        scope=using.scope,
        subject_id=using.subject,
        people=using.people,
        outcome=outcome,
        ref=using.ref,
        started_at=using.started_at,
        ended_at=clock.now(),
    )
    if using.scope == "list" and using.members:
        with database.cursor() as sql:
            sql.execute(
                """INSERT INTO consent_datausemember (use_id, subject_id)
                   SELECT %s, s FROM unnest(%s::uuid[]) s ON CONFLICT DO NOTHING""",
                [using.id, using.members],
            )
