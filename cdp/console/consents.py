"""Purposes and consent: why data is used, who permits it, which texts and assessments back it."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from cdp.console import names
from cdp.console.access import ConsoleRequest, needs
from cdp.kernel import database
from cdp.templatetags.display import number
from consent import queries
from consent.catalog import BY_KEY, Basis
from consent.models import Assessment, NoticeVersion, Purpose

BASES = {
    Basis.CONSENT: gettext_lazy("consent"),
    Basis.CONTRACT: gettext_lazy("contract"),
    Basis.LEGAL_DUTY: gettext_lazy("legal duty"),
    Basis.LEGITIMATE_INTEREST: gettext_lazy("legitimate interest"),
}
SAID_NO = ("refused", "withdrawn", "revoked")


@dataclass(frozen=True, slots=True)
class PurposeLine:
    """One purpose and how people stand to it."""

    key: str
    name: str
    text: str
    basis: str
    requires: list[str]
    is_open: bool
    folded: bool
    needs_assessment: bool
    permit: int
    asked: int
    refused: int


def _latest_states() -> dict[str, Counter[str]]:
    """Return for each purpose how many people last said what."""
    with database.cursor() as sql:
        sql.execute(
            """SELECT purpose_id, state, count(*) FROM (
                 SELECT DISTINCT ON (subject_id, purpose_id) purpose_id, state
                   FROM consent_record WHERE category IS NULL
                  ORDER BY subject_id, purpose_id, said_at DESC, received_at DESC
               ) latest GROUP BY purpose_id, state"""
        )
        counted: dict[str, Counter[str]] = defaultdict(Counter)
        for purpose, state, people in sql.fetchall():
            counted[purpose][state] = people
    return counted


def _lines() -> list[PurposeLine]:
    said, totals = _latest_states(), queries.totals()
    rows = Purpose.objects.order_by("bit")
    return [_line(row, said[row.key], totals) for row in rows if row.key in BY_KEY]


def _line(row: Purpose, said: Counter[str], totals: dict[str, int]) -> PurposeLine:
    spec = BY_KEY[row.key]
    label = names.purpose(row.key)
    language = get_language() or "en"
    return PurposeLine(
        key=row.key,
        name=label,
        text=spec.plain_text.get(language, spec.plain_text["en"]),
        basis=str(BASES[spec.basis]),
        requires=[names.purpose(key) for key in spec.requires],
        is_open=row.open,
        folded=spec.folded,
        needs_assessment=spec.assessment_required,
        permit=totals.get(row.key, 0),
        asked=said.total(),
        refused=sum(said[state] for state in SAID_NO),
    )


def permitted_chart(totals: dict[str, int]) -> dict[str, Any]:
    """Return how many people permit each purpose in use that asks for consent, most first."""
    specs = [s for s in BY_KEY.values() if s.needs_consent and s.open and not s.folded]
    counted = sorted(((totals.get(s.key, 0), s.key) for s in specs), reverse=True)
    counted = [(people, key) for people, key in counted if people]
    everybody = totals.get("", 0)
    most = counted[0] if counted else None
    return {
        "unit": _("people"),
        "head": _("Purpose"),
        "finding": ngettext(
            "Of %(n)s person, most permit: %(name)s.",
            "Of %(n)s people, most permit: %(name)s.",
            everybody,
        )
        % {"n": number(everybody), "name": names.purpose(most[1])}
        if most
        else _("Nobody has permitted anything yet."),
        "labels": [names.purpose(key) for _people, key in counted],
        "series": [{"name": _("People who permit it"), "values": [n for n, _key in counted]}],
    }


def counted_at() -> datetime | None:
    """Return when the totals were counted last."""
    return queries.totals_counted_at()


@require_GET
@needs("insights:read")
def show_consents(request: ConsoleRequest) -> HttpResponse:
    """Show every purpose, how people stand to it, and the texts behind it."""
    language = "zh-hans" if get_language() == "zh-hans" else "en"
    shown = {
        "purposes": _lines(),
        "everybody": queries.totals().get("", 0),
        "counted_at": counted_at(),
        "notices": NoticeVersion.objects.filter(language=language).order_by("notice", "-number"),
        "assessments": Assessment.objects.order_by("title"),
    }
    return render(request, "console/consents.html", shown)
