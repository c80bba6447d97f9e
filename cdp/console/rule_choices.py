"""What the segment builder offers: kinds of conditions, traits, comparisons, known answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from audit.actors import Actor
from cdp.console import names, people
from cdp.console.person_words import text_in
from cdp.console.rule_form import Row, kind_of
from cdp.kernel import database
from consent.window import purpose
from profiles.models import Segment
from profiles.scoring import registry
from profiles.scoring.registry import ResponseModel
from profiles.segments.read import LINE_PROPERTIES
from profiles.segments.tree import ANY, OPS, Measure
from profiles.traits import declared, definitions
from profiles.traits.definitions import COUPON_REDEEMED, ORDER_COMPLETED, Kind, Unit

KIND_NAMES: Sequence[tuple[str, names.Text]] = (
    ("event", _("What they did")),
    ("trait", _("What they are like")),
    ("score", _("Score")),
    ("segment", _("Other segment")),
)
EVENTS: Sequence[tuple[str, names.Text]] = (
    (ORDER_COMPLETED, _("Orders")),
    (COUPON_REDEEMED, _("Coupons redeemed")),
    ("Campaign Received", _("Campaigns received")),
    ("Email Link Clicked", _("Links clicked")),
    (ANY, _("Anything at all")),
)
MEASURES: Sequence[tuple[str, names.Text]] = (
    (Measure.COUNT, _("how often")),
    (Measure.SUM, _("for how much")),
    (Measure.DISTINCT_DAYS, _("on how many days")),
    (Measure.LAST_DAYS_AGO, _("how many days ago")),
)
PROPERTIES: Mapping[str, names.Text] = {
    "department": _("department"),
    "product_category": _("product category"),
    "brand": _("brand"),
    "product": _("product"),
}
OP_NAMES: Mapping[str, names.Text] = {
    "eq": _("is"),
    "ne": _("is not"),
    "ge": _("at least"),
    "gt": _("more than"),
    "le": _("at most"),
    "lt": _("less than"),
    "in": _("is one of"),
    "not_in": _("is none of"),
    "contains": _("contains"),
    "within_last": _("within the last … days"),
    "before": _("before"),
    "after": _("on or after"),
    "exists": _("is known"),
    "missing": _("is unknown"),
}
NUMBER_OPS = ("ge", "gt", "le", "lt", "eq", "ne")
PROBLEMS: Mapping[str, names.Text] = {
    "value_missing": _("Fill in what is missing."),
    "not_a_number": _("Type a number."),
    "not_a_whole_number": _("Type a whole number."),
    "number_out_of_range": _("The number is too small or too large."),
    "not_a_text": _("Type a word."),
    "text_too_long": _("Make it shorter: at most 200 characters."),
    "not_a_time": _("Type a date such as 2026-01-31."),
    "not_a_list": _("Name at least one value."),
    "unfit_comparison": _("This comparison does not fit this trait. Choose another."),
    "unknown_trait": _("Choose a trait from the list."),
    "unknown_property": _("Choose a property from the list."),
    "any_event_has_no_properties": _("Choose which event has this property."),
    "unknown_model": _("Choose a score from the list."),
    "not_an_id": _("Choose a segment from the list."),
    "empty_group": _("Add a condition."),
    "not_json": _("This is not JSON."),
    "personal_value": _("No e-mail address or phone number in a rule: it is stored as written."),
}
SUGGESTIONS = 200


@dataclass(frozen=True, slots=True)
class Offer:
    """One row of the builder with what each of its fields offers."""

    number: int
    row: Row
    ops: list[tuple[str, names.Text]]
    choices: list[tuple[str, str]]  # of a trait with known answers
    takes: str  # what the value is: number, money, percent, text, date, choices, days, nothing
    events: Sequence[tuple[str, names.Text]]
    measures: Sequence[tuple[str, names.Text]]
    properties: list[tuple[str, names.Text]]
    suggestions: list[str]
    traits: list[tuple[names.Text, list[tuple[str, str]]]]
    scores: list[tuple[str, str]]
    segments: list[tuple[str, str]]


def problem(code: str) -> str:
    """Return what to do about a refused rule."""
    return str(PROBLEMS.get(code, code.replace("_", " ")))


def fresh(kind: str) -> Row:
    """Return a new row of a kind, filled so that it is a sensible condition already."""
    if kind == "score":
        return Row(kind="score", op="ge", value="30")
    if kind == "trait":
        return Row(kind="trait", trait="orders", op="ge", value="3")
    return Row(kind=kind, value="1")


def called(language: str) -> dict[str, str]:
    """Return what segments (by id) and models (by key) are called."""
    found = {str(id_): name for id_, name in Segment.objects.values_list("id", "name")}
    models = {name: text_in(model.label, language) for name, model in registry.MODELS.items()}
    return {**models, **found}


def offered(rows: Iterable[Row], *, actor: Actor, language: str) -> list[Offer]:
    """Return each row with its offers; what people buy is suggested from whom we may group."""
    rows = list(rows)
    wanted = {row.property for row in rows if row.kind == "event"} & {"department", "brand"}
    known = _known_values(actor) if wanted else {}
    traits, segments = _traits(language), _segments()
    scores = [
        (name, text_in(model.label, language))
        for name, model in registry.MODELS.items()
        if isinstance(model, ResponseModel)
    ]
    return [
        Offer(
            number=number,
            row=row,
            ops=_ops(row),
            choices=_choices(row, language),
            takes=_takes(row),
            events=EVENTS,
            measures=MEASURES,
            properties=[(k, v) for k, v in PROPERTIES.items() if k in LINE_PROPERTIES],
            suggestions=known.get(row.property, []),
            traits=traits,
            scores=scores,
            segments=segments,
        )
        for number, row in enumerate(rows)
    ]


def _known_values(actor: Actor) -> dict[str, list[str]]:
    """Return departments and brands that are somebody's favorites."""
    with purpose(people.SEGMENTATION, actor=actor) as using, database.cursor() as sql:
        sql.execute(
            """SELECT key, value FROM (
                 SELECT key, unnest(items) AS value, count(*) AS n FROM profiles_computedtrait
                  WHERE key IN ('favorite_departments', 'favorite_brands') GROUP BY 1, 2
               ) favorites ORDER BY n DESC LIMIT %s""",
            [SUGGESTIONS],
        )
        rows = sql.fetchall()
        using.doing("list_favorites")
    return {
        "department": [value for key, value in rows if key == "favorite_departments"],
        "brand": [value for key, value in rows if key == "favorite_brands"],
    }


def _traits(language: str) -> list[tuple[names.Text, list[tuple[str, str]]]]:
    groups: tuple[tuple[names.Text, Mapping[str, Any]], ...] = (
        (_("Worked out"), definitions.DEFINITIONS),
        (_("Stated by a source"), declared.DEFINITIONS),
    )
    return [
        (title, [(key, text_in(each.label, language)) for key, each in listed.items()])
        for title, listed in groups
    ]


def _segments() -> list[tuple[str, str]]:
    rows = Segment.objects.filter(archived_at=None).order_by("name").values_list("id", "name")
    return [(str(id_), name) for id_, name in rows]


def _known(trait: str) -> Any:
    return definitions.DEFINITIONS.get(trait) or declared.DEFINITIONS.get(trait)


def _ops(row: Row) -> list[tuple[str, names.Text]]:
    kind = kind_of(row.trait) if row.kind == "trait" else Kind.NUMBER
    if row.kind != "trait":
        return [(op, OP_NAMES[op]) for op in NUMBER_OPS]
    if kind is None:
        return list(OP_NAMES.items())
    if _known(row.trait).choices:
        return [(op, OP_NAMES[op]) for op in ("in", "not_in", "exists", "missing")]
    fit = OPS[kind] - {"between"}
    return [(op, text) for op, text in OP_NAMES.items() if op in fit]


def _choices(row: Row, language: str) -> list[tuple[str, str]]:
    known = _known(row.trait) if row.kind == "trait" else None
    if known is None or not known.choices:
        return []
    return [(value, text_in(texts, language)) for value, texts in known.choices.items()]


def _takes(row: Row) -> str:
    if row.kind == "score":
        return "percent"
    if row.kind == "event":
        return "money" if row.measure == Measure.SUM else "number"
    known = _known(row.trait)
    if row.op in ("exists", "missing"):
        return "nothing"
    if known is None:
        return "text"
    if known.choices:
        return "choices"
    match known.kind:
        case Kind.NUMBER:
            return "money" if known.unit is Unit.MINOR else "number"
        case Kind.MOMENT:
            return "days" if row.op == "within_last" else "date"
        case _:
            return "text"
