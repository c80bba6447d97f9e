"""What a rule may ask about one person, as plain values. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class TraitFact:
    """A stored trait: one of the typed columns holds its value."""

    number: float | None = None
    text: str | None = None
    items: tuple[str, ...] | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ScoreFact:
    """A stored score; unknown from `expires_at` on."""

    value: float
    band: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order; an empty text is a blank."""

    order_key: str
    happened_at: datetime
    amount_minor: int
    quantity: float = 1.0
    currency: str = ""
    product: str = ""
    department: str = ""
    product_category: str = ""
    brand: str = ""


@dataclass(frozen=True, slots=True)
class EventFact:
    """One event with its JSON properties."""

    name: str
    kind: str
    happened_at: datetime
    properties: Mapping[str, object] = field(default_factory=dict)
    amount_minor: int | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """One person. What a window does not show is not among the facts."""

    subject: UUID
    computed: Mapping[str, TraitFact] = field(default_factory=dict)
    declared: Mapping[str, TraitFact] = field(default_factory=dict)
    scores: Mapping[str, ScoreFact] = field(default_factory=dict)
    segments: frozenset[UUID] = frozenset()
    purchases: Sequence[Line] = ()
    events: Sequence[EventFact] = ()
