"""
How numbers, money, moments and states are written on every screen.

Both languages group digits by three with a comma; Django's own Chinese format groups by four.

A filter gets an empty text where a template's variable is absent, and writes a dash.

Filters return plain text (autoescaped by the template) or text built by `format_html`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from cdp.kernel import clock

register = template.Library()

NOTHING = "–"
NO_BREAK_SPACE = "\u00a0"

# Digits after the point; ISO 4217 says two for all others.
MINOR_DIGITS = {
    "JPY": 0,
    "KRW": 0,
    "VND": 0,
    "BHD": 3,
    "JOD": 3,
    "KWD": 3,
    "OMR": 3,
    "TND": 3,
}
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥", "JPY": "JP¥"}

SIGNS = {"success": "✓", "error": "✕", "warning": "!", "info": "●", "neutral": ""}

# State of any object with a lifecycle: color, sign, words. Withdrawn is neutral: a choice.
STATES: Mapping[str, tuple[str, str, Any]] = {
    "queued": ("neutral", "", _("queued")),
    "running": ("info", "●", _("running")),
    "succeeded": ("success", "✓", _("done")),
    "failed": ("error", "✕", _("failed")),
    "canceled": ("neutral", "", _("canceled")),
    "draft": ("neutral", "", _("draft")),
    "scheduled": ("info", "", _("scheduled")),
    "preparing": ("info", "●", _("preparing")),
    "sending": ("info", "●", _("sending")),
    "paused": ("warning", "!", _("paused")),
    "finished": ("success", "✓", _("finished")),
    "stopped": ("neutral", "", _("stopped")),
    "granted": ("success", "✓", _("permitted")),
    "refused": ("neutral", "✕", _("refused")),
    "withdrawn": ("neutral", "✕", _("withdrawn")),
    "revoked": ("neutral", "✕", _("revoked")),
    "expired": ("neutral", "✕", _("expired")),
    "invalidated": ("neutral", "✕", _("invalidated")),
    "requested": ("neutral", "?", _("asked")),
    "deferred": ("neutral", "?", _("not decided")),
    "never": ("neutral", "?", _("never asked")),
    "claimed": ("info", "●", _("claimed")),
    "calling": ("info", "●", _("handing over")),
    "sent": ("success", "✓", _("sent")),
    "skipped": ("neutral", "", _("skipped")),
    "unknown": ("warning", "?", _("outcome unknown")),
    "dead": ("error", "✕", _("given up")),
    "abandoned": ("neutral", "", _("abandoned")),
    "live": ("success", "✓", pgettext_lazy("model version", "live")),
    "candidate": ("neutral", "", _("candidate")),
    "retired": ("neutral", "", _("retired")),
    "asked": ("info", "●", _("waiting for approval")),
    "approved": ("success", "✓", _("approved")),
    "rejected": ("error", "✕", _("rejected")),
    "superseded": ("neutral", "", _("changed since")),
    "active": ("success", "✓", _("active")),
    "enabled": ("neutral", "", _("still opens")),
    "destroyed": ("neutral", "", _("destroyed")),
    "missing": ("error", "✕", _("missing")),
    "counting": ("info", "●", _("counting")),
    "counted": ("info", "", _("counted")),
    "writing": ("info", "●", _("writing")),
    "ready": ("success", "✓", _("ready")),
    "fetched": ("neutral", "✓", _("fetched")),
    "used": ("success", "✓", _("approved and done")),
    "archived": ("neutral", "", _("archived")),
}


@register.filter
def number(value: float | Decimal | str | None) -> str:
    """Return `value` with grouped digits; decimals only where there are any; a dash for None."""
    if value is None or isinstance(value, str):
        return NOTHING
    if isinstance(value, float):
        value = round(value, 2)
        value = int(value) if value.is_integer() else value
    return f"{value:,}"


@register.filter
def money(minor: float | str | None, currency: str = "USD") -> str:
    """Return an amount of minor units (cents) in its currency, grouped."""
    if minor is None or isinstance(minor, str):
        return NOTHING
    digits = MINOR_DIGITS.get(currency, 2)
    major = Decimal(round(minor)).scaleb(-digits)
    text = f"{abs(major):,.{digits}f}"
    sign = "−" if major < 0 else ""
    if symbol := SYMBOLS.get(currency):
        return f"{sign}{symbol}{text}"
    return f"{sign}{text}{NO_BREAK_SPACE}{currency}"


@register.filter
def percent(ratio: float | str | None) -> str:
    """Return a ratio (0..1) as percent with one decimal."""
    if ratio is None or isinstance(ratio, str):
        return NOTHING
    return f"{ratio * 100:.1f}{NO_BREAK_SPACE}%"


@register.filter
def share(part: float | str | None, whole: float | str | None) -> str:
    """Return `part` of `whole` as percent; a dash where there is no whole."""
    if isinstance(part, str) or isinstance(whole, str) or part is None or not whole:
        return NOTHING
    return percent(part / whole)


@register.filter
def decimals(value: float | str | None, digits: int = 2) -> str:
    """Return `value` with a fixed number of decimals, for scores and ratios without unit."""
    if value is None or isinstance(value, str):
        return NOTHING
    return f"{value:,.{digits}f}"


def _stamp(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")


@register.filter
def moment(at: datetime | str | None) -> str | SafeString:
    """Return an instant as the console writes it: date and minute, zone in the tooltip."""
    if at is None or isinstance(at, str):
        return NOTHING
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(),
        local.tzname(),
        _stamp(at),
    )


@register.filter
def long_moment(at: datetime | str | None) -> str | SafeString:
    """Return an instant as the portal writes it: 22 November 2026, 10:41."""
    if at is None or isinstance(at, str):
        return NOTHING
    local = timezone.localtime(at)
    if get_language() == "zh-hans":
        text = f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"
    else:
        text = f"{local.day} {local:%B} {local.year}, {local:%H:%M}"
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), text)


@register.filter
def ago(at: datetime | str | None) -> str | SafeString:
    """Return an instant as the time since, under one hour; otherwise as `moment` does."""
    if at is None or isinstance(at, str):
        return NOTHING
    since = clock.now() - at
    if not timedelta(0) <= since < timedelta(hours=1):
        return moment(at)
    if since < timedelta(minutes=1):
        text = gettext("just now")
    else:
        text = gettext("%(span)s ago") % {"span": timesince(at, clock.now(), depth=1)}
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), _stamp(at), text)


@register.filter
def duration(span: timedelta | float | str | None) -> str:
    """Return a span (seconds or timedelta) in its two largest units: 2 min 5 s."""
    if span is None or isinstance(span, str):
        return NOTHING
    seconds = int(span.total_seconds() if isinstance(span, timedelta) else span)
    if seconds < 1:
        return gettext("under 1 s")
    units = [
        (seconds // 3600, gettext("h")),
        (seconds % 3600 // 60, gettext("min")),
        (seconds % 60, gettext("s")),
    ]
    told = [f"{count}{NO_BREAK_SPACE}{unit}" for count, unit in units if count]
    return " ".join(told[:2])


@register.filter
def short_id(identifier: UUID | str | None) -> str:
    """
    Return `#` and the last eight digits of an id: enough to tell people apart on a page.

    The first digits of a UUIDv7 are its time, so the end is what differs.
    """
    if not identifier:
        return NOTHING
    return f"#{str(identifier).replace('-', '')[-8:]}"


@register.filter
def chart_rows(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return chart data as table rows: a label and one value per series."""
    columns = [series["values"] for series in data["series"]]
    return [
        {"label": label, "values": values}
        for label, values in zip(data["labels"], zip(*columns, strict=True), strict=True)
    ]


@register.inclusion_tag("parts/tag.html")
def tag(kind: str, text: object, sign: str | None = None) -> dict[str, object]:
    """Show a word with color and sign; `kind` is success, warning, error, info or neutral."""
    return {"kind": kind, "text": text, "sign": SIGNS[kind] if sign is None else sign}


@register.inclusion_tag("parts/tag.html")
def state_tag(state: str) -> dict[str, object]:
    """Show the state of anything with a lifecycle; an unlisted one shows as its own word."""
    kind, sign, text = STATES.get(str(state), ("neutral", "", state))
    return {"kind": kind, "text": text, "sign": sign}


@register.simple_tag
def icon(name: str) -> SafeString:
    """Show an icon of the sprite; it is decoration, so a word or a label stands beside it."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>',
        static("dist/icons.svg"),
        name,
    )
