"""
What is held about one person, for that person: counts, contact details, orders, stated facts.

Read inside `subject_window`, where row-level security shows one person's rows whatever they permit
others. Everything goes through the origin map, so what a former double brought in counts too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cdp.kernel import database
from cdp.kernel.protected import Category, protected_models

_OWN = "(SELECT origin FROM kernel_origin WHERE subject_id = %(subject)s)"
_MAP = "kernel_origin"  # which of our own ids stand for one person: no fact about anybody


@dataclass(frozen=True, slots=True)
class Holding:
    """How many rows of one table, in one category, are about a person."""

    category: Category
    table: str
    count: int


@dataclass(frozen=True, slots=True)
class Contact:
    """One value of the vault, unopened: what it is, since when, whether it was made up."""

    field: str
    slot: int
    put_at: datetime
    generated: bool


@dataclass(frozen=True, slots=True)
class Order:
    """One order: when, how many lines, for how much in minor units of its currency."""

    key: str
    happened_at: datetime
    lines: int
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Fact:
    """Something a source stated about a person; `number` or `text` is the value."""

    key: str
    category: Category
    number: float | None
    text: str | None
    stated_at: datetime


def holdings(subject: UUID) -> list[Holding]:
    """Count what is held, by category and table; no protected table is left out."""
    parts = []
    for model in protected_models():
        table, category = model._meta.db_table, model.protection.category
        if table == _MAP:
            continue
        kind = "category" if category is None else str(int(category))
        parts.append(
            f"SELECT {kind} AS category, '{table}' AS held_in, count(*) AS held FROM {table} "
            f"WHERE subject_id IN {_OWN} GROUP BY 1, 2"
        )
    with database.cursor() as sql:
        sql.execute(
            f"SELECT * FROM ({' UNION ALL '.join(parts)}) AS found "
            "WHERE held > 0 ORDER BY category, held_in",
            {"subject": subject},
        )
        return [Holding(Category(kind), table, held) for kind, table, held in sql.fetchall()]


def origins(subject: UUID) -> list[UUID]:
    """Return every subject id that stands for this person; the log names each by itself."""
    with database.cursor() as sql:
        sql.execute(
            "SELECT origin FROM kernel_origin WHERE subject_id = %s ORDER BY origin", [subject]
        )
        return [row[0] for row in sql.fetchall()]


def contacts(subject: UUID) -> list[Contact]:
    """Return which contact details are held; nothing is opened."""
    with database.cursor() as sql:
        sql.execute(
            f"""SELECT field, min(slot), max(put_at), bool_and(generated)
                FROM profiles_vaultvalue WHERE subject_id IN {_OWN}
                GROUP BY field ORDER BY field""",
            {"subject": subject},
        )
        return [Contact(*row) for row in sql.fetchall()]


def orders(subject: UUID, *, before: datetime | None = None, limit: int = 20) -> Sequence[Order]:
    """Return the newest orders that happened before `before`."""
    with database.cursor() as sql:
        sql.execute(
            f"""SELECT order_key, max(happened_at), count(*), sum(amount_minor)::bigint,
                       max(currency)
                FROM profiles_purchase
                WHERE subject_id IN {_OWN}
                  AND (%(before)s::timestamptz IS NULL OR happened_at < %(before)s)
                GROUP BY order_key ORDER BY 2 DESC, 1 LIMIT %(limit)s""",
            {"subject": subject, "before": before, "limit": limit},
        )
        return [Order(*row) for row in sql.fetchall()]


def count_orders(subject: UUID) -> int:
    """Return how many orders are held."""
    with database.cursor() as sql:
        sql.execute(
            f"SELECT count(DISTINCT order_key) FROM profiles_purchase WHERE subject_id IN {_OWN}",
            {"subject": subject},
        )
        row = sql.fetchone()
    return int(row[0]) if row else 0


def facts(subject: UUID) -> list[Fact]:
    """Return what sources stated, the newest word on each key."""
    with database.cursor() as sql:
        sql.execute(
            f"""SELECT DISTINCT ON (key) key, category, number, text, stated_at
                FROM profiles_declaredtrait WHERE subject_id IN {_OWN}
                ORDER BY key, stated_at DESC""",
            {"subject": subject},
        )
        return [
            Fact(key, Category(category), number, text, stated_at)
            for key, category, number, text, stated_at in sql.fetchall()
        ]
