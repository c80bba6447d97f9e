"""
Turn transaction lines into `Order Completed` calls, one per basket.

What the numbers mean, in US dollars with two decimals: `revenue` and `total` are what the
retailer received for the basket (the sum of `sales_value`); the customer paid `revenue` minus
`discounts.coupon`, which the manufacturer refunds. On a line, `total` is exact and `price` is
`total` per unit, rounded. Gasoline is recorded in thousandths of a gallon and is sent in gallons
(`unit` "gal"), so quantities may be added up. Lines whose product is not in the catalog keep
their money and say "unknown".
"""

from collections.abc import Collection, Iterator
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cdp.demo import tables
from cdp.demo.calls import SAMPLE, Call, track

COLUMNS = (
    "household_id",
    "store_id",
    "basket_id",
    "product_id",
    "quantity",
    "sales_value",
    "retail_disc",
    "coupon_disc",
    "coupon_match_disc",
    "transaction_timestamp",
)
GASOLINE = "GASOLINE-REG UNLEADED"
MEASURED_ABOVE = 100  # more than this of gasoline is thousandths of a gallon, not a count
UNKNOWN = "unknown"
SECONDS_PER_DAY = 86_400

Cents = NDArray[np.int64]


def orders(households: Collection[int] | None, *, shift_days: int) -> Iterator[tuple[int, Call]]:
    """
    Yield (recorded second since 1970, call) for each basket of `households` in time order.

    None means everybody. The call's time stamp is moved by `shift_days`; the second is not.
    """
    for rows in tables.baskets(households, COLUMNS):
        yield from _orders_of(rows, shift_days=shift_days)


def _orders_of(rows: pa.Table, *, shift_days: int) -> Iterator[tuple[int, Call]]:
    """Yield the orders of a table that holds whole baskets."""
    ids = rows["basket_id"].to_numpy()
    starts = np.concatenate(([0], np.flatnonzero(ids[1:] != ids[:-1]) + 1))
    ends = [*starts[1:].tolist(), len(ids)]
    sales, retail, coupon, match = (_cents(rows, name) for name in COLUMNS[5:9])
    sums = [np.add.reduceat(cents, starts).tolist() for cents in (sales, retail, coupon, match)]
    lines = _lines(rows, sales=sales, discount=retail + match, coupon=coupon)
    seconds = rows["transaction_timestamp"].to_numpy().astype("datetime64[s]")[starts]
    moved = seconds + np.timedelta64(shift_days * SECONDS_PER_DAY, "s")
    for start, end, basket, household, store, second, at, paid, off, cut, matched in zip(
        starts.tolist(),
        ends,
        ids[starts].tolist(),
        rows["household_id"].to_numpy()[starts].tolist(),
        rows["store_id"].to_numpy()[starts].tolist(),
        seconds.astype(np.int64).tolist(),
        np.datetime_as_string(moved).tolist(),
        *sums,
        strict=True,
    ):
        properties = {
            "order_id": str(basket),
            "store_id": str(store),
            "total": paid / 100,
            "revenue": paid / 100,
            "currency": "USD",
            "discounts": {"retail": off / 100, "coupon": cut / 100, "coupon_match": matched / 100},
            "products": lines[start:end],
        }
        yield (
            second,
            track(
                "Order Completed",
                household,
                name=f"basket:{basket}",
                at=f"{at}Z",
                properties=properties,
                context=SAMPLE,
            ),
        )


def _lines(rows: pa.Table, *, sales: Cents, discount: Cents, coupon: Cents) -> list[dict[str, Any]]:
    """Return the `products` entries of all lines; zero discounts are left out."""
    products = catalog()
    counted = rows["quantity"].to_numpy()
    each = np.round(sales / np.maximum(counted, 1) / 100, 2).tolist()
    lines = []
    for product, quantity, price, total, off, cut in zip(
        rows["product_id"].to_numpy().tolist(),
        counted.tolist(),
        each,
        sales.tolist(),
        discount.tolist(),
        coupon.tolist(),
        strict=True,
    ):
        known = products.get(product) or _unknown(product)
        line = {**known, "price": price, "quantity": quantity, "total": total / 100}
        if quantity > MEASURED_ABOVE and known.get("name") == GASOLINE:
            gallons = quantity / 1000
            line |= {"price": round(total / 100 / gallons, 2), "quantity": gallons, "unit": "gal"}
        if off:
            line["discount"] = off / 100
        if cut:
            line["coupon_discount"] = cut / 100
        lines.append(line)
    return lines


@cache
def catalog() -> dict[int, dict[str, str]]:
    """Return what a line says about its product, by product id; about 60 MB."""
    names = (
        "product_id",
        "product_type",
        "product_category",
        "department",
        "brand",
        "manufacturer_id",
    )
    found = {}
    for product, kind, category, department, brand, manufacturer in zip(
        *tables.columns("products", *names), strict=True
    ):
        entry = {
            "product_id": str(product),
            "name": kind or UNKNOWN,
            "category": category or UNKNOWN,
            "department": department or UNKNOWN,
            "brand": brand,
            "manufacturer": str(manufacturer),
        }
        found[product] = entry
    return found


def _unknown(product: int) -> dict[str, str]:
    return {"product_id": str(product), "category": UNKNOWN, "department": UNKNOWN}


def _cents(rows: pa.Table, name: str) -> Cents:
    cents: Cents = np.rint(rows[name].to_numpy() * 100).astype(np.int64)
    return cents
