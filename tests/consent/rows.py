"""A row of every protected table about a customer, and ways to look at all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import models

from campaigns.delivery.models import Delivery
from cdp.kernel import clock, database
from cdp.kernel.protected import Category, ProtectedRecord, protected_models
from cdp.kernel.roles import Role
from consent.catalog import CATALOG, PurposeSpec
from consent.models import Purpose
from consent.window import purpose
from profiles.models import ComputedTrait, Member, Score
from tests.people import Customer, Shop

ACTOR = "job:test/1"
ALL_SWITCHES = tuple(spec.key for spec in CATALOG if spec.needs_consent and not spec.folded)
TABLES: dict[str, type[ProtectedRecord]] = {
    model._meta.db_table: model for model in protected_models()
}


@dataclass(frozen=True, slots=True)
class Stored:
    """What the fold's own role sees of one row."""

    table: str
    category: Category
    bits: int
    ceiling: int


def open_catalog() -> None:
    """Open every purpose but the one that no data may serve, as an operator could."""
    with database.as_role(Role.WEB):
        Purpose.objects.exclude(key="share.sale").update(open=True)


def furnish(shop: Shop, customer: Customer) -> None:
    """Give a customer who permits everything a row in each table that still has none."""
    shop.sell(customer, 30)
    visitor = f"device-of-{customer.user_id}"
    shop.send({"type": "page", "anonymousId": visitor, "name": "Tea"})
    known = {"userId": customer.user_id, "anonymousId": visitor}
    shop.send({"type": "track", "event": "Signed In", **known})  # merges the visitor into them
    now, person = clock.now(), customer.subject
    with purpose("profiling.segmentation", actor=ACTOR):
        Member.objects.create(subject_id=person, segment_id=uuid4(), entered_at=now)
        ComputedTrait.objects.create(subject_id=person, key="orders", number=1, as_of=now)
    with purpose("profiling.scoring", actor=ACTOR):
        Score.objects.create(
            subject_id=person, model="coupon_response", version_id=uuid4(), value=0.5,
            band="middle", as_of=now, expires_at=now + timedelta(days=30),
        )  # fmt: skip
    queue(customer)


def queue(customer: Customer) -> UUID:
    """Queue a delivery for a customer who permits marketing by e-mail; return its id."""
    with purpose("marketing.email", actor=ACTOR):
        delivery = Delivery.objects.create(
            subject_id=customer.subject, campaign_id=uuid4(), channel="email", purpose_bit=1 << 5,
            not_before=clock.now(), created_at=clock.now(),
        )  # fmt: skip
    return delivery.pk


def stored(customer: Customer) -> list[Stored]:
    """Return every protected row of a customer, whoever may see it."""
    found = []
    with database.as_role(Role.FOLD), database.cursor() as sql:
        for table, model in TABLES.items():
            own = model.protection.category
            sql.execute(
                f"""SELECT {"t.category" if own is None else int(own)}, t.purpose_bits,
                           t.purpose_ceiling
                    FROM {table} t JOIN kernel_origin o ON o.origin = t.subject_id
                    WHERE o.subject_id = %s""",
                [customer.subject],
            )
            found += [Stored(table, Category(c), bits, most) for c, bits, most in sql.fetchall()]
    return found


def is_readable(row: Stored, spec: PurposeSpec) -> bool:
    """Say whether a purpose may use this row, by its category and nothing else."""
    return row.category in spec.categories


Read = Callable[[type[ProtectedRecord]], set[UUID]]


def _sql(statement: str) -> Read:
    def read(model: type[ProtectedRecord]) -> set[UUID]:
        with database.cursor() as sql:
            sql.execute(statement.format(table=model._meta.db_table))
            return {row[0] for row in sql.fetchall()}

    return read


def _copied(model: type[ProtectedRecord]) -> set[UUID]:
    statement = f"COPY (SELECT subject_id FROM {model._meta.db_table}) TO STDOUT"
    with database.cursor() as sql, sql.copy(statement) as copy:
        copy.set_types(["uuid"])
        return {row[0] for row in copy.rows()}


def _counted(model: type[ProtectedRecord]) -> set[UUID]:
    rows = model._default_manager.values("subject_id").annotate(rows=models.Count("*"))
    return {row["subject_id"] for row in rows}


READS: dict[str, Read] = {
    "orm": lambda model: {row.subject_id for row in model._default_manager.all()},
    "values": lambda model: set(model._default_manager.values_list("subject_id", flat=True)),
    "iterator": lambda model: {
        row.subject_id for row in model._default_manager.iterator(chunk_size=2)
    },
    "grouped": _counted,
    "raw SQL": _sql("SELECT subject_id FROM {table}"),
    "aggregate": _sql("SELECT unnest(array_agg(DISTINCT subject_id)) FROM {table}"),
    "join": _sql(
        "SELECT t.subject_id FROM kernel_workspace w JOIN {table} t ON t.workspace_id = w.id"
    ),
    "COPY": _copied,
}
