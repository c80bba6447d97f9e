"""The lines of an order, typed: what was bought, from which department and brand. Pure."""

from typing import Any

from profiles.events.clean import CleanEvent


def lines(event: CleanEvent) -> list[dict[str, Any]]:
    """Return a row for each product of an order event; none for any other event."""
    products = event.properties.get("products")
    if event.name != "Order Completed" or not isinstance(products, list):
        return []
    order = str(event.properties.get("order_id") or event.key)[:120]
    found = []
    for product in products:
        if not isinstance(product, dict):
            continue
        quantity = _number(product.get("quantity"), 1.0)
        price = _number(product.get("price"), 0.0)
        amount = product.get("total")
        total = _number(amount, 0.0) if amount is not None else _number(price * quantity, 0.0)
        found.append(
            {
                "order_key": order,
                "product": _text(product.get("product_id") or product.get("sku"), 80),
                "department": _text(product.get("department"), 80),
                "product_category": _text(product.get("category"), 120),
                "brand": _text(product.get("brand"), 80),
                "quantity": quantity,
                "amount_minor": round(total * 100),
                "currency": event.currency,
            }
        )
    return found


def _number(value: Any, default: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > 1e12:
        return default
    return float(value)


def _text(value: Any, longest: int) -> str:
    return "" if value is None else str(value)[:longest]
