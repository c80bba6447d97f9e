"""Models and scores: what is live, how good it is, what it would refuse, and whom it scored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cdp.console import names, people, refusals
from cdp.console.access import ConsoleRequest, may, needs
from cdp.kernel import clock, database
from cdp.kernel.errors import CdpError
from cdp.kernel.models import JobRun
from consent.window import purpose
from profiles.models import ModelVersion
from profiles.scoring import registry, tasks, versions, words
from profiles.scoring.registry import Model, RfmModel

SMALLEST_GROUP = 20  # fewer people are not shown as a group of their own
VERSIONS_SHOWN = 8

GATES: Mapping[str, names.Text] = {
    "beats_base_rate": gettext_lazy("better than the base rate"),
    "beats_two_features": gettext_lazy("no worse than a model of two features"),
    "not_worse_than_live": gettext_lazy("no worse than the live version"),
    "calibrated": gettext_lazy("calibrated"),
    "no_leak": gettext_lazy("no feature gives the answer away"),
    "same_after_loading": gettext_lazy("predicts the same after being stored"),
}


STARTS: Mapping[str, Callable[..., JobRun]] = {
    "train": tasks.start_training,
    "score": tasks.start_scoring,
}


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model as the screen shows it; `judged` is the live version, else the newest."""

    name: str
    label: str
    learns: bool
    live: ModelVersion | None
    judged: ModelVersion | None
    versions: list[ModelVersion]
    gates: list[tuple[names.Text, bool]]
    reliability: dict[str, Any] | None
    groups: dict[str, Any]
    train_purpose: str
    score_purpose: str


def _bands(request: ConsoleRequest) -> dict[str, dict[str, int]]:
    """Return for each model how many people are in which band, scores in force alone."""
    with purpose(people.SCORING, actor=request.actor) as using, database.cursor() as sql:
        sql.execute(
            """SELECT model, band, count(*) FROM profiles_score
                WHERE expires_at > %s GROUP BY 1, 2""",
            [clock.now()],
        )
        rows = sql.fetchall()
        using.doing("count_scores", people=sum(count for _m, _b, count in rows))
    counted: dict[str, dict[str, int]] = {}
    for model, band, count in rows:
        counted.setdefault(model, {})[band] = count
    return counted


def _groups(counted: Mapping[str, int], language: str) -> dict[str, Any]:
    """Return the bands as a chart, largest first; small groups are left out and said so."""
    shown = sorted(
        ((count, band) for band, count in counted.items() if count >= SMALLEST_GROUP), reverse=True
    )
    labels = [
        words.pick(words.CELLS.get(band) or words.BANDS.get(band) or {"en": band}, language)
        for _count, band in shown
    ]
    total = sum(counted.values())
    finding = (
        _("%(n)d people are scored; most are in “%(band)s”.") % {"n": total, "band": labels[0]}
        if shown
        else _("Nobody is scored yet, or every group is smaller than %(n)d people.")
        % {"n": SMALLEST_GROUP}
    )
    return {
        "unit": _("people"),
        "head": _("Group"),
        "finding": finding,
        "labels": labels,
        "series": [{"name": _("People"), "values": [count for count, _band in shown]}],
    }


def reliability_chart(metrics: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what was predicted beside what came true, bin by bin, where enough people are."""
    bins = [row for row in metrics.get("reliability", []) if row.get("people")]
    if not bins:
        return None
    return {
        "unit": "%",
        "head": _("Predicted, %"),
        "finding": _(
            "Of people for whom the model predicts %(p)s %%, %(rate)s %% redeemed a coupon."
        )
        % {"p": _percent(bins[-1]["mean_p"]), "rate": _percent(bins[-1]["rate"])},
        "labels": [f"{_percent(row['mean_p'])}" for row in bins],
        "series": [
            {"name": _("came true"), "values": [_percent(row["rate"]) for row in bins]},
            {
                "name": _("predicted"),
                "values": [_percent(row["mean_p"]) for row in bins],
                "dashed": True,
            },
        ],
    }


def _percent(ratio: float) -> float:
    return round(ratio * 100, 1)


def _card(model: Model, counted: Mapping[str, int], language: str) -> ModelCard:
    shown = versions.newest(model.name, limit=VERSIONS_SHOWN)
    live = next((v for v in shown if v.stage == v.Stage.LIVE), versions.find_live(model.name))
    judged = live or (shown[0] if shown else None)
    metrics = judged.metrics if judged else {}
    return ModelCard(
        name=model.name,
        label=words.pick(model.label, language),
        learns=not isinstance(model, RfmModel),
        live=live,
        judged=judged,
        versions=shown,
        gates=[
            (GATES.get(gate, gate.replace("_", " ")), passed)
            for gate, passed in metrics.get("gates", {}).items()
        ],
        reliability=reliability_chart(metrics),
        groups=_groups(counted, language),
        train_purpose=names.purpose(model.train_purpose),
        score_purpose=names.purpose(model.score_purpose),
    )


@require_GET
@needs("insights:read")
def show_scoring(request: ConsoleRequest) -> HttpResponse:
    """Show each model: its live version, figures and gates, versions, and whom it scored."""
    language, counted = get_language() or "en", _bands(request)
    shown = {
        "models": [
            _card(model, counted.get(model.name, {}), language)
            for model in registry.MODELS.values()
        ],
        "may_write": may(request, "models:write"),
    }
    return render(request, "console/scoring.html", shown)


@require_POST
@needs("models:write")
def start_model(request: ConsoleRequest, model: str, act: str) -> HttpResponse:
    """Start training or scoring as a job."""
    if act not in STARTS or model not in registry.MODELS:
        raise Http404
    try:
        with database.atomic():
            run = STARTS[act](model, actor=request.actor)
    except CdpError as refused:
        messages.error(request, refusals.said(refused))
        return redirect("console:scoring")
    return redirect("console:job", run.id)
