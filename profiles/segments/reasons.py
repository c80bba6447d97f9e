"""What is kept with a membership: each leaf's truth with the person's own value, in words. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cdp.kernel.protected import Category
from profiles.events.clean import categorize
from profiles.segments.compare import Own
from profiles.segments.ground import Ground
from profiles.segments.tree import (
    BucketLeaf,
    EventLeaf,
    Leaf,
    Node,
    ScoreLeaf,
    SegmentLeaf,
    TraitLeaf,
    leaves,
)
from profiles.segments.words import CURRENCY, LANGUAGES, fact


def reasons(
    rule: Node,
    truths: Sequence[bool | None],
    values: Sequence[Own],
    *,
    number: int,
    ground: Ground,
    names: Mapping[str, str],
) -> list[dict[str, Any]]:
    """
    Return the reason of one member, ready for JSON, a part for each leaf in order of reading.

    `number` is the rule's; labels tell the person's own value, in every language.
    """
    currency = ground.currency or CURRENCY
    return [
        {
            "path": path,
            "rule": number,
            "category": int(category(leaf)),
            "label": {
                language: fact(leaf, own, language=language, currency=currency, names=names)
                for language in LANGUAGES
            },
            "at": ground.as_of.isoformat(),
            "truth": truth,
            "value": _plain(own),
        }
        for (path, leaf), truth, own in zip(leaves(rule), truths, values, strict=True)
    ]


def category(leaf: Leaf) -> Category:
    """Return the category of data that a leaf reads."""
    match leaf:
        case TraitLeaf(computed=True) | ScoreLeaf():
            return Category.INFERRED
        case TraitLeaf():
            return Category.DEMOGRAPHIC
        case EventLeaf(event=event):
            return categorize("track", event)
        case SegmentLeaf():
            return Category.SEGMENT
        case BucketLeaf():
            return Category.IDENTITY


def _plain(own: Own) -> Any:
    if isinstance(own, datetime):
        return own.isoformat()
    return list(own) if isinstance(own, tuple) else own
