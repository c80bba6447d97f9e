"""Why somebody gets a message, written down in the transaction that claims it."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from campaigns.delivery.plan import Plan
from campaigns.messages.fields import BY_KEY
from consent.explanations import Draft
from profiles.segments.models import Member
from profiles.segments.rules import parse
from profiles.segments.words import describe

_BECAUSE = {
    "en": "You are in the group “{segment}”: {rule}",
    "zh-hans": "您属于“{segment}”分群：{rule}",
}


def drafts(plan: Plan, deliveries: Mapping[UUID, UUID]) -> list[Draft]:
    """
    Return the explanation of each delivery (delivery → person), read in the open window.

    It names the rule, the person's own facts that met it, and what the sender chose.
    """
    rule = because(plan.segment_name, plan.segment_rule, currency=plan.currency)
    facts = _facts(plan.segment_id, deliveries.values())
    choice = chosen(plan)
    return [
        Draft(
            subject=subject,
            kind="message",
            ref=str(delivery),
            purpose=plan.spec.key,
            basis=str(plan.spec.basis),
            title=plan.name,
            rule_plain=rule,
            facts=facts.get(subject, []),
            choice=choice,
        )
        for delivery, subject in deliveries.items()
    ]


def chosen(plan: Plan) -> dict[str, dict[str, str]]:
    """Return what the sender chose, in words by language: sender, text, what it mentions."""
    mentioned = [BY_KEY[key].label for key in plan.variables]
    out = {
        "sender": {"en": f"Sent by {plan.shop}", "zh-hans": f"发送者：{plan.shop}"},
        "template": {
            "en": f"Text “{plan.template_name}”",
            "zh-hans": f"内容模板“{plan.template_name}”",
        },
    }
    if mentioned:
        out["variables"] = {
            "en": "It may mention: " + ", ".join(label["en"] for label in mentioned),
            "zh-hans": "可能提及：" + "、".join(label["zh-hans"] for label in mentioned),
        }
    return out


def because(segment: str, rule: Mapping[str, object], *, currency: str) -> dict[str, str]:
    """Return a segment's rule in plain words, by language."""
    tree = parse(rule)
    return {
        language: text.format(
            segment=segment, rule=describe(tree, language=language, currency=currency)
        )
        for language, text in _BECAUSE.items()
    }


def _facts(segment: UUID, people: Iterable[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    rows = Member.objects.filter(segment_id=segment, subject_id__in=list(people))
    return {
        subject: [_fact(part) for part in reason if part.get("truth", True)]
        for subject, reason in rows.values_list("subject_id", "reason")
    }


def _fact(part: Mapping[str, Any]) -> dict[str, Any]:
    """Return what met one part of the rule: its words, its category, as of when."""
    return {key: part[key] for key in ("category", "label", "source", "at") if key in part}
