"""Why one person is in or out: each leaf of a rule with its truth and the person's own value."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cdp.kernel.errors import CdpError
from cdp.kernel.protected import Category
from consent.window import purpose
from profiles.segments import matching
from profiles.segments.evaluate import evaluate
from profiles.segments.find import names_in
from profiles.segments.load import load
from profiles.segments.matching import PURPOSE
from profiles.segments.reasons import category
from profiles.segments.tree import Node
from profiles.segments.words import CURRENCY, LANGUAGES, fact


class PersonNotVisible(CdpError):
    """Nobody of this id, or nobody who permits the purpose; the two look alike."""

    code = "person_not_visible"


@dataclass(frozen=True, slots=True)
class LeafWhy:
    """One leaf: its place in the rule, its truth, and the person's own value in words."""

    path: str
    truth: bool | None
    category: Category
    label: dict[str, str]


@dataclass(frozen=True, slots=True)
class Why:
    """Whether a person matches now (None: unknown, so not a member), and each leaf's share."""

    truth: bool | None
    leaves: tuple[LeafWhy, ...]


def explain(rule: Node, subject: UUID, *, as_of: datetime, actor: object) -> Why:
    """
    Say what a rule comes to for one person.

    :raises PersonNotVisible: there is nobody, or they do not permit it
    """
    on, names = matching.ground(as_of), names_in(rule)
    currency = on.currency or CURRENCY
    with purpose(PURPOSE, actor=actor) as using:
        person = load(subject, rule, ground=on)
        using.of([subject])
        using.doing("explain_rule")
    if person is None:
        raise PersonNotVisible("Choose somebody who permits segmentation.")
    verdict = evaluate(rule, person, ground=on)
    return Why(
        verdict.truth,
        tuple(
            LeafWhy(
                told.path,
                told.truth,
                category(told.leaf),
                {
                    language: fact(
                        told.leaf, told.value, language=language, currency=currency, names=names
                    )
                    for language in LANGUAGES
                },
            )
            for told in verdict.leaves
        ),
    )
