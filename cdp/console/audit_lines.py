"""Entries of the audit log as the console shows them: sentences with names and links."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from audit.details import Detail
from audit.models import Alert
from audit.queries import Line
from campaigns.models import Campaign, Template
from cdp.console import audit_words, names
from cdp.kernel.models import JobRun
from cdp.templatetags.display import short_id
from profiles.models import Segment

REF_SHOWN = 8
# Such an object names fields, as the sentence does, or says no more than the act.
SAID = ("fields", "masked", "log")
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-([0-9a-f]{12})")

Named = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One entry as the screen shows it."""

    index: int
    at: datetime
    actor: str
    act: str
    said: SafeString
    purpose: str
    obj: str
    is_altered: bool
    is_dropped: bool
    has_sealed_detail: bool


def lines(found: Sequence[Line], *, opened: Mapping[int, Detail] | None = None) -> list[EntryLine]:
    """Return entries in words; `opened` are details that were opened on the record."""
    named = names.actors({str(line.actor) for line in found})
    things = _things({line.obj for line in found})
    details = opened or {}
    return [_line(line, named, things, details.get(line.index)) for line in found]


def _line(line: Line, named: names.ActorNames, things: Named, detail: Detail | None) -> EntryLine:
    actor = named.of(str(line.actor))
    purpose = names.purpose(line.purpose) if line.purpose else ""
    return EntryLine(
        index=line.index,
        at=line.at,
        actor=actor,
        act=line.act,
        said=audit_words.sentence(
            who=actor,
            act=line.act,
            obj=line.obj,
            thing=_thing(_beyond(line), things),
            about=_about(line.ref),
            purpose=purpose,
            reason=detail.reason if detail else "",
        ),
        purpose=purpose,
        obj=line.obj,
        is_altered=not (line.is_readable or line.is_dropped),
        is_dropped=line.is_dropped,
        has_sealed_detail=line.has_sealed_detail,
    )


def _beyond(line: Line) -> str:
    """Return what an entry says of its object that its act does not say already."""
    table = line.act.rpartition(".")[0]
    return (
        line.obj.removeprefix(table).removeprefix(":")
        if table in audit_words.TABLES or (line.obj == table)
        else line.obj
    )


def _about(ref: str) -> SafeString | str:
    """Return a pseudonym as a link to all entries about the same person."""
    if not ref:
        return ""
    return format_html(
        '<a class="link code" href="{}?about={}" title="{}">{}…</a>',
        reverse("console:audit"),
        ref,
        gettext("Entries about the same person"),
        ref[:REF_SHOWN],
    )


def _thing(obj: str, named: Named) -> SafeString | str:
    """Return what an act was done to: by its name, with a link where a screen shows it."""
    kind, _colon, name = obj.partition(":")
    if not obj or kind in SAID:
        return ""
    if obj not in named:
        short = UUID_TEXT.sub(lambda found: short_id(found[0]), obj)
        return format_html('<span class="code break-all">{}</span>', short)
    route, parameter = ROUTES[kind]
    if not route:
        return named[obj]
    return format_html(
        '<a class="link" href="{}">{}</a>', reverse(route, kwargs={parameter: name}), named[obj]
    )


ROUTES: Mapping[str, tuple[str, str]] = {
    "campaign": ("console:campaign", "campaign_id"),
    "segment": ("console:segment", "segment_id"),
    "job": ("console:job", "run_id"),
    "alert": ("console:audit_alert", "alert_id"),
    "template": ("", ""),
}


def _things(objects: Collection[str]) -> Named:
    """Look up how the things among objects written `kind:id` are called."""
    ids: dict[str, set[UUID]] = {kind: set() for kind in ROUTES}
    for obj in objects:
        kind, _colon, name = obj.partition(":")
        if kind in ids:
            try:
                ids[kind].add(UUID(name))
            except ValueError:
                continue
    found: dict[str, str] = {}
    for kind, model in (("campaign", Campaign), ("segment", Segment), ("template", Template)):
        if ids[kind]:
            rows = model.objects.filter(pk__in=ids[kind]).values_list("pk", "name")
            found |= {f"{kind}:{pk}": name for pk, name in rows}
    if ids["alert"]:
        made = Alert.objects.filter(pk__in=ids["alert"]).values_list("pk", "name")
        found |= {f"alert:{pk}": audit_words.alert_name(name) for pk, name in made}
    if ids["job"]:
        runs = JobRun.objects.filter(pk__in=ids["job"]).values_list("pk", "kind")
        found |= {f"job:{pk}": names.job(kind) for pk, kind in runs}
    return found
