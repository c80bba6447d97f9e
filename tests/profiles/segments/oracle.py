"""Decide a rule for a person from its JSON, written from the definition; shares no product code."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.profiles.segments.world import Person

PASSIVE = {
    "Campaign Received", "Email Sent", "Email Delivered", "Email Bounced",
    "Segment Consent Preference Updated",
}  # fmt: skip
NUMBERS = {"orders"}


def decide(
    node: dict[str, Any], person: Person, *, now: datetime, zone: str, currency: str
) -> bool | None:
    """Return true, false or None (unknown)."""

    def inner(part: dict[str, Any]) -> bool | None:
        return decide(part, person, now=now, zone=zone, currency=currency)

    if "all" in node:
        told = [inner(part) for part in node["all"]]
        if any(truth is False for truth in told):
            return False
        return None if any(truth is None for truth in told) else True
    if "any" in node:
        told = [inner(part) for part in node["any"]]
        if any(truth is True for truth in told):
            return True
        return None if any(truth is None for truth in told) else False
    if "not" in node:
        truth = inner(node["not"])
        return None if truth is None else not truth
    if "segment" in node:
        return (node["segment"] in {str(each) for each in person.segments}) is node["in"]
    if "bucket" in node:
        text = f"{node['bucket']}:{person.subject}".encode()
        place = int(hashlib.md5(text).hexdigest()[:7], 16) % 10_000
        return node["from"] <= place < node["to"]
    if "trait" in node:
        own = {**person.computed, **person.declared}.get(node["trait"])
    elif "score" in node:
        score = person.scores.get(node["score"])
        live = score is not None and score[2] > now
        own = score[0 if node.get("of", "value") == "value" else 1] if live and score else None
    else:
        own = _measured(node, person, now, zone, currency)
    return _compared(own, node["op"], node.get("value"), now, zone)


def _compared(own: Any, op: str, value: Any, now: datetime, zone: str) -> bool | None:
    if op == "exists":
        return own is not None
    if op == "missing":
        return own is None
    if own is None:
        return None
    if op == "within_last":
        return now - timedelta(seconds=86_400 * value) <= own < now
    if op in ("before", "after"):
        mark = _instant(value, zone)
        return own < mark if op == "before" else not own < mark
    if op == "eq":
        return own == value
    if op == "ne":
        return own != value
    if op == "lt":
        return own < value
    if op == "le":
        return own <= value
    if op == "gt":
        return own > value
    if op == "ge":
        return own >= value
    if op == "between":
        return value[0] <= own <= value[1]
    if op == "in":
        return any(own == each for each in value)
    if op == "not_in":
        return all(own != each for each in value)
    return value in own  # contains


def _instant(text: str, zone: str) -> datetime:
    if len(text) == 10:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return datetime.fromisoformat(text)


def _measured(node: dict[str, Any], person: Person, now: datetime, zone: str, currency: str) -> Any:
    found = []
    if node["event"] == "Order Completed":
        for line in person.lines:
            own = {key: value for key, value in line.items() if value != ""}
            if _is_in(node, line["at"], now, zone) and _passes(node, own, now, zone):
                found.append(line)
        count = len({line["order"] for line in found})
    else:
        events = list(person.events)
        if node["event"] == "any":  # orders are events too, one a currency here
            events += _orders(person)
        for event in events:
            named = (
                event["name"] not in PASSIVE
                if node["event"] == "any"
                else event["name"] == node["event"]
            )
            within = named and _is_in(node, event["at"], now, zone)
            if within and _passes(node, event["properties"], now, zone):
                found.append(event)
        count = len(found)
    days = {fact["at"].astimezone(ZoneInfo(zone)).date() for fact in found}
    if node["measure"] == "count":
        return count
    if node["measure"] == "distinct_days":
        return len(days)
    if node["measure"] == "last_days_ago":
        return (now.astimezone(ZoneInfo(zone)).date() - max(days)).days if days else None
    return sum(
        fact["amount_minor"] or 0 for fact in found if fact.get("currency", currency) == currency
    )


def _orders(person: Person) -> list[dict[str, Any]]:
    orders: dict[tuple[str, str], dict[str, Any]] = {}
    for line in person.lines:
        key = line["order"], line["currency"]
        event = {"name": "Order Completed", "at": line["at"], "currency": line["currency"]}
        order = orders.setdefault(key, {**event, "properties": {}, "amount_minor": 0})
        order["amount_minor"] += line["amount_minor"]
    return list(orders.values())


def _is_in(node: dict[str, Any], at: datetime, now: datetime, zone: str) -> bool:
    window = node.get("window", "all")
    if at >= now:
        return False
    if window == "all":
        return True
    if "last_days" in window:
        return at >= now - timedelta(seconds=86_400 * window["last_days"])
    after = "from" not in window or at >= _instant(window["from"], zone)
    return after and ("to" not in window or at < _instant(window["to"], zone))


def _passes(node: dict[str, Any], own: dict[str, Any], now: datetime, zone: str) -> bool:
    for test in node.get("where", []):
        value = own.get(test["property"])
        asked = test.get("value")
        sample = asked[0] if isinstance(asked, list) else asked
        if asked is not None and isinstance(value, str) is not isinstance(sample, str):
            return False  # numbers never compare as text
        if asked is not None and isinstance(value, bool | list | dict):
            return False
        if _compared(value, test["op"], asked, now, zone) is not True:
            return False
    return True
