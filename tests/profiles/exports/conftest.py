"""A segment of tea lovers, operators who export it and approve, and the workers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from audit.actors import Actor
from cdp.accounts.models import Operator, OperatorRole
from cdp.approvals import decide
from cdp.kernel import clock, database, jobs
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from consent.window import purpose
from profiles.exports import fetch, plan, start, write
from profiles.exports.models import Export
from profiles.segments.models import Member, Segment
from tests.people import EVERYTHING, Customer, Shop

WORKER = Actor.job("test", "1")
RULE = {"version": 1, "where": {"trait": "orders", "op": "ge", "value": 1}}
PERSONAL = "marketing.email.personalized"
FIELDS = ("contact.email", "contact.first_name", "trait.orders")
Roles = OperatorRole.Role


@dataclass
class Desk:
    """What operators and workers do about exports in these tests."""

    alice: Actor
    li: Actor
    segment: Segment

    def plans(self, *fields: str, **changed: Any) -> Export:
        given: dict[str, Any] = {
            "fields": fields or FIELDS, "purpose_key": PERSONAL, "recipient": "Print shop",
            "reason": "catalog 2026", "actor": self.alice,
        }  # fmt: skip
        with database.as_role(Role.WEB):
            return plan.plan(self.segment.pk, **given | changed)

    def counted(self, *fields: str, **changed: Any) -> Export:
        export = self.plans(*fields, **changed)
        self.works(export)
        return export

    def approved(self, export: Export) -> None:
        with database.as_role(Role.WEB):
            asked = start.ask_approval(export.pk, actor=self.alice)
            decide.approve(asked.pk, now_is=plan.snapshot(export), actor=self.li)

    def starts(self, export: Export) -> None:
        with database.as_role(Role.WEB):
            start.start(export.pk, actor=self.alice)
        export.refresh_from_db()

    def written(self, *fields: str, **changed: Any) -> Export:
        """Return an export whose file waits to be fetched."""
        export = self.counted(*fields, **changed)
        if plan.takes_two(export):
            self.approved(export)
        self.starts(export)
        self.works(export)
        return export

    def works(self, export: Export, **options: Any) -> None:
        """Let a worker carry out what the export waits for."""
        verb = write.count if export.state == Export.State.COUNTING else write.write
        assert export.job_id
        with jobs.running(export.job_id) as job:
            job.finish(people=verb(export, job, **options))
        export.refresh_from_db()

    def fetches(self, export: Export) -> str:
        with database.as_role(Role.WEB):
            handed = fetch.fetch(export.pk, actor=self.alice)
            text = handed.content.decode()
        export.refresh_from_db()
        return text

    def enters(self, members: Iterable[Customer]) -> None:
        with purpose("profiling.segmentation", actor=WORKER):
            for member in members:
                Member.objects.create(
                    subject_id=member.subject, segment_id=self.segment.pk,
                    entered_at=clock.now(), reason=[],
                )  # fmt: skip


@pytest.fixture
def mei(shop: Shop) -> Customer:
    return shop.welcome("mei", says=EVERYTHING)


@pytest.fixture
def sofia(shop: Shop) -> Customer:
    return shop.welcome("sofia", says=EVERYTHING)


@pytest.fixture
def jonas(shop: Shop) -> Customer:
    return shop.welcome("jonas", says={"marketing.email": False, "profiling.segmentation": True})


@pytest.fixture
def desk(workspace: Workspace, mei: Customer, sofia: Customer, jonas: Customer) -> Iterator[Desk]:
    """Return a desk whose segment Mei, Sofia and Jonas are in; Jonas refused e-mail."""
    with database.as_role(Role.WEB):
        alice, li = (
            Operator.objects.create(email=f"{name}@shop.example", name=name.title())
            for name in ("alice", "li")
        )
        for operator, roles in ((alice, [Roles.MARKETER]), (li, [Roles.VIEWER, Roles.APPROVER])):
            for role in roles:
                OperatorRole.objects.create(operator=operator, workspace=workspace, role=role)
        segment = Segment.objects.create(name="Tea lovers", rule=RULE, created_by="sys:test")
    made = Desk(Actor.operator(alice.pk), Actor.operator(li.pk), segment)
    made.enters([mei, sofia, jonas])
    yield made


def entries(act: str) -> list[tuple[UUID | None, str]]:
    """Return whom the record names for an act, and its object."""
    with database.as_role(Role.AUDIT), database.cursor() as sql:
        sql.execute("SELECT subject, obj FROM audit_inbox WHERE act = %s ORDER BY id", [act])
        return list(sql.fetchall())
