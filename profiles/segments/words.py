"""Tell a rule, and a person's own facts under it, in plain words of either language. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import assert_never

from profiles.segments.compare import Own
from profiles.segments.phrases import BY_LANGUAGE, ORDERS, Phrases
from profiles.segments.tree import (
    ANY,
    All,
    AnyOf,
    BucketLeaf,
    Comparison,
    EventLeaf,
    Leaf,
    Measure,
    Node,
    Not,
    Op,
    ScoreLeaf,
    ScorePart,
    SegmentLeaf,
    TraitLeaf,
    Value,
    Window,
)
from profiles.traits import declared, definitions
from profiles.traits.definitions import ORDER_COMPLETED, Unit

LANGUAGES = tuple(BY_LANGUAGE)
CURRENCY = "USD"
WHOLE_CURRENCIES = ("JPY", "KRW", "VND")  # no smaller unit in use


@dataclass(frozen=True, slots=True)
class _Shape:
    """How the values of one leaf read: as money, by the name of a choice, or as they are."""

    is_money: bool = False
    choices: Mapping[str, Mapping[str, str]] | None = None


@dataclass(frozen=True, slots=True)
class _Teller:
    language: str
    phrases: Phrases
    currency: str
    names: Mapping[str, str]


def describe(
    node: Node, *, language: str, currency: str = CURRENCY, names: Mapping[str, str] | None = None
) -> str:
    """
    Return the rule as one sentence without a full stop.

    `names` tells what segments (by id) and models (by key) are called.
    """
    teller = _teller(language, currency, names)
    text = _tell(node, teller, inside=False)
    return text[:1].upper() + text[1:]


def fact(
    leaf: Leaf,
    own: Own,
    *,
    language: str,
    currency: str = CURRENCY,
    names: Mapping[str, str] | None = None,
) -> str:
    """Return what a leaf asks about and the person's own answer, such as “Orders: 12”."""
    teller = _teller(language, currency, names)
    what = _asked(leaf, teller)
    value = _own(own, _shape(leaf), teller)
    return teller.phrases.fact.format(what=what[:1].upper() + what[1:], value=value)


def _teller(language: str, currency: str, names: Mapping[str, str] | None) -> _Teller:
    known = language if language in BY_LANGUAGE else "en"
    return _Teller(known, BY_LANGUAGE[known], currency, names or {})


def _tell(node: Node, teller: _Teller, *, inside: bool) -> str:
    match node:
        case All(parts=parts):
            return _join(parts, teller.phrases.both, teller, inside=inside)
        case AnyOf(parts=parts):
            return _join(parts, teller.phrases.either, teller, inside=inside)
        case Not(part=part):
            return teller.phrases.negated.format(rule=_tell(part, teller, inside=False))
        case _:
            return _leaf(node, teller)


def _join(parts: tuple[Node, ...], word: str, teller: _Teller, *, inside: bool) -> str:
    if len(parts) == 1:
        return _tell(parts[0], teller, inside=inside)
    text = word.join(_tell(part, teller, inside=True) for part in parts)
    if not inside:
        return text
    return f"（{text}）" if teller.language == "zh-hans" else f"({text})"


def _leaf(leaf: Leaf, teller: _Teller) -> str:
    match leaf:
        case SegmentLeaf(inside=inside):
            phrase = teller.phrases.in_segment if inside else teller.phrases.not_in_segment
            return phrase.format(segment=_segment(leaf, teller))
        case BucketLeaf(salt=salt, start=start, end=end):
            return teller.phrases.bucket.format(
                salt=salt, start=f"{start / 100:g}", end=f"{end / 100:g}"
            )
        case EventLeaf(measure=Measure.COUNT, test=Comparison(op=Op.EQ, value=0)):
            return teller.phrases.none_of.format(**_parts(leaf, teller))
        case TraitLeaf(test=test) | EventLeaf(test=test) | ScoreLeaf(test=test):
            return _compared(_asked(leaf, teller), test, _shape(leaf), teller)
        case _:
            assert_never(leaf)


def _asked(leaf: Leaf, teller: _Teller) -> str:
    """Return what a leaf asks about."""
    match leaf:
        case TraitLeaf(key=key):
            known = definitions.DEFINITIONS.get(key) or declared.DEFINITIONS.get(key)
            return known.label[teller.language] if known else key
        case EventLeaf(event=event, measure=measure):
            own = event == ORDER_COMPLETED
            phrases = teller.phrases.order_measures if own else teller.phrases.measures
            return phrases[measure].format(**_parts(leaf, teller))
        case ScoreLeaf(model=model, part=part):
            is_value = part is ScorePart.VALUE
            phrase = teller.phrases.score if is_value else teller.phrases.score_band
            return phrase.format(model=teller.names.get(model, model))
        case SegmentLeaf():
            return teller.phrases.membership.format(segment=_segment(leaf, teller))
        case BucketLeaf(salt=salt):
            return teller.phrases.bucket_of.format(salt=salt)
        case _:
            assert_never(leaf)


def _segment(leaf: SegmentLeaf, teller: _Teller) -> str:
    return teller.names.get(str(leaf.segment), str(leaf.segment))


def _parts(leaf: EventLeaf, teller: _Teller) -> dict[str, str]:
    phrases = teller.phrases
    tests = [
        _compared(
            phrases.properties.get(each.property, each.property),
            each.test,
            _Shape(is_money=each.property == "amount_minor"),
            teller,
        )
        for each in leaf.where
    ]
    if leaf.event == ORDER_COMPLETED:
        event = ORDERS[teller.language]
    elif leaf.event == ANY:
        event = phrases.any_event
    else:
        event = phrases.event.format(name=leaf.event)
    return {
        "event": event,
        "where": phrases.where.format(tests=phrases.tests.join(tests)) if tests else "",
        "window": _window(leaf.window, phrases),
    }


def _window(window: Window, phrases: Phrases) -> str:
    if window.last_days is not None:
        return phrases.last_days.format(days=window.last_days)
    start, end = window.start, window.end
    if start is not None and end is not None:
        return phrases.from_to.format(start=_moment(start), end=_moment(end))
    if start is not None:
        return phrases.since.format(start=_moment(start))
    return phrases.until.format(end=_moment(end)) if end is not None else ""


def _compared(what: str, test: Comparison, shape: _Shape, teller: _Teller) -> str:
    phrase = teller.phrases.comparisons[test.op]
    match test.op, test.value:
        case Op.BETWEEN, (low, high):
            return phrase.format(
                what=what, low=_value(low, shape, teller), high=_value(high, shape, teller)
            )
        case _, tuple() as several:
            texts = [_value(each, shape, teller) for each in several]
            listed = teller.phrases.listed.join(texts[:-1])
            last = teller.phrases.listed_last if listed else ""
            return phrase.format(what=what, value=f"{listed}{last}{texts[-1]}")
        case _, value:
            return phrase.format(what=what, value=_value(value, shape, teller))


def _shape(leaf: Leaf) -> _Shape:
    match leaf:
        case TraitLeaf(key=key):
            known = definitions.DEFINITIONS.get(key) or declared.DEFINITIONS.get(key)
            if known is None:
                return _Shape()
            return _Shape(known.unit is Unit.MINOR, known.choices)
        case EventLeaf(measure=measure):
            return _Shape(is_money=measure is Measure.SUM)
        case _:
            return _Shape()


def _own(own: Own, shape: _Shape, teller: _Teller) -> str:
    if own is None:
        return teller.phrases.no_value
    if isinstance(own, bool):
        return teller.phrases.yes if own else teller.phrases.no
    if isinstance(own, tuple):
        return teller.phrases.items.join(own)
    return _value(own, shape, teller)


def _value(value: Value | Own, shape: _Shape, teller: _Teller) -> str:
    if isinstance(value, int | float):
        return _money(value, teller.currency) if shape.is_money else f"{value:,.12g}"
    if isinstance(value, date):  # a datetime is a date
        return _moment(value)
    text = str(value)
    choice = (shape.choices or {}).get(text)
    return choice[teller.language] if choice else text


def _money(minor: float, currency: str) -> str:
    if currency in WHOLE_CURRENCIES:
        return f"{minor:,.0f} {currency}"
    return f"{minor / 100:,.2f} {currency}".strip()


def _moment(moment: date | datetime) -> str:
    if isinstance(moment, datetime):
        return (
            f"{moment:%Y-%m-%d %H:%M} UTC"
            if moment.time() != moment.min.time()
            else f"{moment:%Y-%m-%d}"
        )
    return moment.isoformat()
