"""
The whole Complete Journey sample as rows, set by set, for checks against its reference figures.

It does not come in by the front door, which takes minutes: baskets become one line each, and
everybody permits everything.
"""

from datetime import date
from uuid import UUID, uuid5

import numpy as np
import pyarrow.parquet as pq

from cdp.demo import tables
from cdp.kernel import database
from cdp.kernel.protected import ALL_BITS
from cdp.kernel.roles import Role
from profiles.events import partitions

NAMESPACE = UUID(int=2017)


def subject_of(household: int) -> UUID:
    """Return the subject of a household."""
    return uuid5(NAMESPACE, str(household))


def load(workspace: UUID) -> None:
    """Put everybody, their baskets, redemptions and home ownership into the workspace."""
    with database.as_role(Role.INGEST):
        partitions.ensure({date(2017, month, 1) for month in range(1, 13)} | {date(2018, 1, 1)})
    with database.as_role(Role.FOLD):
        _people(workspace)
        _baskets(workspace)
        _redemptions(workspace)
        _homes(workspace)


def _people(workspace: UUID) -> None:
    subjects = [subject_of(household) for household in tables.household_ids()]
    with database.cursor() as sql:
        sql.execute(
            """INSERT INTO consent_permission (subject_id, category, workspace_id, purpose_bits)
               SELECT s, c, %s, %s FROM unnest(%s::uuid[]) s, generate_series(1, 11) c""",
            [workspace, ALL_BITS, subjects],
        )
        sql.execute(
            """INSERT INTO profiles_profile
                 (subject_id, workspace_id, language, first_seen_at, last_seen_at, events)
               SELECT s, %s, '', now(), now(), 0 FROM unnest(%s::uuid[]) s""",
            [workspace, subjects],
        )
        sql.execute(
            """INSERT INTO kernel_origin (origin, subject_id, workspace_id)
               SELECT s, s, %s FROM unnest(%s::uuid[]) s""",
            [workspace, subjects],
        )


def _baskets(workspace: UUID) -> None:
    names = ["household_id", "basket_id", "sales_value", "transaction_timestamp"]
    lines = pq.read_table(tables.locate("transactions"), columns=names)
    ids = lines["basket_id"].to_numpy()
    starts = np.flatnonzero(np.r_[True, ids[1:] != ids[:-1]])
    cents = np.rint(lines["sales_value"].to_numpy() * 100).astype(np.int64)
    households = lines["household_id"].to_numpy()[starts].tolist()
    seconds = lines["transaction_timestamp"].to_numpy().astype("datetime64[s]").astype(np.int64)
    with database.cursor() as sql:
        sql.execute(
            """INSERT INTO profiles_purchase
                 (id, workspace_id, subject_id, event_id, order_key, happened_at, product,
                  department, product_category, brand, quantity, amount_minor, currency,
                  purpose_bits)
               SELECT gen_random_uuid(), %s, n.subject_id, gen_random_uuid(), n.order_key,
                      to_timestamp(n.at), '', 'GROCERY', '', 'National', 1, n.cents, 'USD', %s
                 FROM unnest(%s::uuid[], %s::text[], %s::bigint[], %s::bigint[])
                   AS n(subject_id, order_key, at, cents)""",
            [
                workspace,
                ALL_BITS,
                [subject_of(household) for household in households],
                [str(basket) for basket in ids[starts].tolist()],
                seconds[starts].tolist(),
                np.add.reduceat(cents, starts).tolist(),
            ],
        )


def _redemptions(workspace: UUID) -> None:
    households, days = tables.columns("coupon_redemptions", "household_id", "redemption_date")
    with database.cursor() as sql:
        sql.execute(
            """INSERT INTO profiles_event
                 (id, workspace_id, subject_id, source_id, key, kind, name, category, happened_at,
                  received_at, properties, currency, flags, purpose_bits)
               SELECT gen_random_uuid(), %s, n.subject_id, gen_random_uuid(), '', 'track',
                      'Coupon Redeemed', 3, n.day::timestamp AT TIME ZONE 'UTC', now(), '{}', '',
                      '{}', %s
                 FROM unnest(%s::uuid[], %s::date[]) AS n(subject_id, day)""",
            [workspace, ALL_BITS, [subject_of(household) for household in households], days],
        )


def _homes(workspace: UUID) -> None:
    rows = zip(*tables.columns("demographics", "household_id", "home_ownership"), strict=True)
    known = [(subject_of(household), home) for household, home in rows if home]
    with database.cursor() as sql:
        sql.execute(
            """INSERT INTO profiles_declaredtrait
                 (id, workspace_id, subject_id, category, key, text, source_id, stated_at)
               SELECT gen_random_uuid(), %s, n.subject_id, 8, 'home_ownership', n.home,
                      gen_random_uuid(), now()
                 FROM unnest(%s::uuid[], %s::text[]) AS n(subject_id, home)""",
            [workspace, *([list(column) for column in zip(*known, strict=True)])],
        )
