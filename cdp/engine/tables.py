"""
The tables that expressions are written over, with the columns that they may use.

Facts keep the subject under which they arrived; `of_people` says who that is now.
"""

import ibis
from ibis.expr.types import Table

from cdp.engine.dialect import INSTANT

PROFILE = ibis.table({"subject_id": "uuid", "first_seen_at": INSTANT}, name="profiles_profile")

ORIGIN = ibis.table({"origin": "uuid", "subject_id": "uuid"}, name="kernel_origin")

PURCHASE = ibis.table(
    {
        "subject_id": "uuid",
        "order_key": "string",
        "happened_at": INSTANT,
        "product": "string",
        "department": "string",
        "product_category": "string",
        "brand": "string",
        "quantity": "float64",
        "amount_minor": "int64",
        "currency": "string",
    },
    name="profiles_purchase",
)

EVENT = ibis.table(
    {
        "subject_id": "uuid",
        "kind": "string",
        "name": "string",
        "happened_at": INSTANT,
        "properties": "json",
        "amount_minor": "int64",
        "currency": "string",
    },
    name="profiles_event",
)

_TRAIT = {"subject_id": "uuid", "key": "string", "number": "float64", "text": "string"}
COMPUTED_TRAIT = ibis.table(
    {**_TRAIT, "items": "array<string>", "at": INSTANT}, name="profiles_computedtrait"
)
DECLARED_TRAIT = ibis.table(_TRAIT, name="profiles_declaredtrait")

SCORE = ibis.table(
    {
        "subject_id": "uuid",
        "model": "string",
        "value": "float64",
        "band": "string",
        "expires_at": INSTANT,
    },
    name="profiles_score",
)

MEMBERSHIP = ibis.table({"subject_id": "uuid", "segment_id": "uuid"}, name="profiles_membership")


def of_people(facts: Table) -> Table:
    """Return facts under the person they belong to now."""
    joined = facts.join(ORIGIN, facts.subject_id == ORIGIN.origin)
    kept = [facts[name] for name in facts.columns if name != "subject_id"]
    return joined.select(ORIGIN.subject_id, *kept)
