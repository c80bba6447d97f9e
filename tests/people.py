"""
The people of the tests, and a shop for them to buy in.

Everybody comes in through the real front door: a call is accepted, sealed and drained. Values carry
a canary, so that a scan finds them wherever they should not be.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from cdp.kernel import clock, database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from consent.models import NoticeVersion
from profiles import pipeline
from profiles.events import intake
from profiles.sources.find import PLATFORM, SourceFacts
from profiles.sources.models import Source
from profiles.vault import index

EVERYTHING = {
    "marketing.email": True,
    "profiling.segmentation": True,
    "profiling.scoring": True,
    "train_model": True,
    "recommend": True,
}


@dataclass(frozen=True, slots=True)
class Customer:
    """A person of the tests as the outside world knows them."""

    subject: UUID
    user_id: str
    email: str


@dataclass(slots=True)
class Shop:
    """A shop's two sources, and what people do there."""

    workspace: Workspace
    till: SourceFacts
    preferences: SourceFacts
    made: int = field(default=0)

    def send(self, *calls: Mapping[str, Any], through: SourceFacts | None = None) -> None:
        """Accept calls at the front door and drain them."""
        with database.as_role(Role.INGEST):
            intake.accept_calls(through or self.till, calls)
            while pipeline.drain_once(self.workspace.pk):
                pass

    def welcome(
        self,
        name: str,
        *,
        says: Mapping[str, bool] | None = None,
        birthday: str | None = "1984-05-02",
        said_at: datetime | None = None,
        **traits: Any,
    ) -> Customer:
        """Make a customer who has said these things about purposes."""
        self.made += 1
        user_id = f"{name}-{self.made}"
        email = f"{name}.canary.7f3a{self.made}@example.com"
        given = {"email": email, "first_name": name.title(), "name": f"{name.title()} Canary7f3a"}
        if birthday:
            given["birthday"] = birthday
        self.send({"type": "identify", "userId": user_id, "traits": {**given, **traits}})
        customer = Customer(self.subject_of("user_id", user_id), user_id, email)
        if says:
            self.hear(customer, says, said_at=said_at)
        return customer

    def hear(
        self, customer: Customer, says: Mapping[str, bool], *, said_at: datetime | None = None
    ) -> None:
        """Let a customer say yes or no through the preference center."""
        call: dict[str, Any] = {
            "type": "track",
            "event": "Segment Consent Preference Updated",
            "userId": customer.user_id,
            "messageId": str(uuid4()),
            "context": {"consent": {"categoryPreferences": dict(says)}},
        }
        if said_at:
            call["timestamp"] = said_at.isoformat()
        self.send(call, through=self.preferences)

    def sell(
        self,
        customer: Customer,
        total: float,
        *,
        days_ago: float = 1,
        department: str = "GROCERY",
        brand: str = "National",
        category: str = "SOUP",
        lines: int = 1,
        order_id: str | None = None,
    ) -> None:
        """Sell something to a customer, so many days before now."""
        happened = clock.now() - timedelta(days=days_ago)
        price = round(total / lines, 2)
        product = {
            "product_id": "p1", "department": department, "brand": brand, "category": category,
            "price": price, "quantity": 1, "total": price,
        }  # fmt: skip
        self.send(
            {
                "type": "track",
                "event": "Order Completed",
                "userId": customer.user_id,
                "messageId": str(uuid4()),
                "timestamp": happened.isoformat(),
                "properties": {
                    "order_id": order_id or str(uuid4()),
                    "total": total,
                    "currency": "USD",
                    "products": [product] * lines,
                },
            }
        )

    def happens(
        self, customer: Customer, name: str, *, days_ago: float = 1, **properties: Any
    ) -> None:
        """Let some other event happen to a customer."""
        self.send(
            {
                "type": "track",
                "event": name,
                "userId": customer.user_id,
                "messageId": str(uuid4()),
                "timestamp": (clock.now() - timedelta(days=days_ago)).isoformat(),
                "properties": properties,
            }
        )

    def subject_of(self, kind: str, value: str) -> UUID:
        """Return who an identifier points to now."""
        with database.as_role(Role.INGEST), database.cursor() as sql:
            sql.execute(
                """SELECT o.subject_id FROM profiles_identifier i
                   JOIN kernel_origin o ON o.origin = i.subject_id
                   WHERE i.kind = %s AND i.blind = %s AND i.workspace_id = %s""",
                [kind, index.blind(kind, value), self.workspace.pk],
            )
            row = sql.fetchone()
        assert row is not None, f"nobody has this {kind}"
        found: UUID = row[0]
        return found


def open_shop(workspace: Workspace) -> Shop:
    """Return a shop in the current workspace."""
    with database.as_role(Role.WEB):
        till = Source.objects.create(key="till", name="Till", kind="shop")
        preferences = Source.objects.create(
            key="preferences", name="Preference center", kind="site", consent_authority=True
        )
        Source.objects.create(key=PLATFORM, name="Candor itself")
        for language, title in (("en", "Privacy notice"), ("zh-hans", "隐私声明")):
            NoticeVersion.objects.create(
                notice="privacy", number=1, language=language, title=title, body=title,
                sha256=b"\x00" * 32, states_age=False, purposes=list(EVERYTHING),
                effective_from=clock.now() - timedelta(days=1000),
            )  # fmt: skip
    return Shop(workspace, _facts(till, workspace), _facts(preferences, workspace))


def _facts(source: Source, workspace: Workspace) -> SourceFacts:
    return SourceFacts(
        id=source.pk,
        workspace=workspace.pk,
        key=source.key,
        consent_authority=source.consent_authority,
        generated=False,
        paused=False,
    )
