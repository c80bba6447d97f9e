"""The audit log: who did what, about whom, why; proofs to take away. Reading it is an entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from audit import proofs, queries
from audit.inbox import record
from audit.proofs import NoSuchEntry
from cdp.console import names, paging
from cdp.console.access import ConsoleRequest, needs
from cdp.kernel import database
from consent.catalog import CATALOG

# What an act did, in words.
ACTS: Mapping[str, names.Text] = {
    "audit.read": _("read the audit log"),
    "audit.prove": _("took a proof from the audit log"),
    "vault.open": _("opened personal values"),
    "vault.put": _("put personal values into the vault"),
    "vault.unreadable": _("could not open a personal value"),
    "profile.find": _("looked for a person"),
    "profile.merge": _("joined two records of one person"),
    "profile.show_uses": _("looked at who used a person's data"),
    "consent.grant": _("permitted a purpose"),
    "consent.refuse": _("refused a purpose"),
    "consent.withdraw": _("withdrew a purpose"),
    "consent.request": _("asked for a permission"),
    "consent.expire": _("a permission expired"),
    "consent.allow_category": _("allowed a kind of data"),
    "consent.refuse_category": _("refused a kind of data"),
    "segment.create": _("made a segment"),
    "segment.edit": _("changed a segment"),
    "segment.archive": _("archived a segment"),
    "template.create": _("wrote a message"),
    "campaign.create": _("made a campaign"),
    "campaign.edit": _("changed a campaign"),
    "campaign.launch": _("launched a campaign"),
    "campaign.pause": _("paused a campaign"),
    "campaign.resume": _("resumed a campaign"),
    "campaign.stop": _("stopped a campaign"),
    "model.train": _("trained a model"),
    "model.promote": _("put a model version live"),
    "job.cancel": _("canceled a job"),
    "key.ask": _("asked for a change of keys"),
    "key.rotate": _("rotated a key"),
    "key.rewrap": _("wrapped data keys anew"),
    "key.retire": _("retired a key"),
    "key.destroy": _("destroyed a key"),
    "events.append": _("took in events"),
    "operator.sign_in": _("signed in"),
    "customer.sign_in": _("signed in to their own pages"),
}
# What the database itself writes about changed rows: `<table>.<change>`.
CHANGES: Mapping[str, names.Text] = {
    "insert": _("a row was added"),
    "update": _("a row was changed"),
    "delete": _("a row was removed"),
}
FILTERS: Mapping[str, names.Text] = {
    "vault": _("Personal values"),
    "profile": _("Profiles"),
    "consent": _("Consent"),
    "segment": _("Segments"),
    "campaign": _("Campaigns"),
    "model": _("Models"),
    "job": _("Jobs"),
    "key": _("Keys"),
    "events": _("Events"),
    "operator": _("Operators"),
}


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One entry as the screen shows it."""

    index: int
    at: datetime
    actor: str
    act: str
    words: str
    purpose: str
    obj: str
    about: str
    has_sealed_detail: bool


def in_words(act: str) -> str:
    """Return what an act did; one that is not listed shows as it was written."""
    change = CHANGES.get(act.rpartition(".")[2])
    return str(ACTS.get(act) or change or act)


def _lines(found: list[queries.Line]) -> list[EntryLine]:
    named = names.actors({str(line.actor) for line in found})
    return [
        EntryLine(
            index=line.index,
            at=line.at,
            actor=named.of(str(line.actor)),
            act=line.act,
            words=in_words(line.act),
            purpose=names.purpose(line.purpose) if line.purpose else "",
            obj=line.obj,
            about=line.ref[:8],
            has_sealed_detail=line.has_sealed_detail,
        )
        for line in found
    ]


@require_GET
@needs("audit:read")
def show_audit(request: ConsoleRequest) -> HttpResponse:
    """List entries, newest first, by act and purpose."""
    act, purpose = request.GET.get("act", ""), request.GET.get("purpose", "")
    of = f"audit.{act}.{purpose}"
    position = paging.after(request.GET.get("after", ""), of=of)
    before = int(position[0]) if position else None
    with database.atomic():
        found = queries.entries(before=before, act=act, purpose=purpose, limit=paging.ROWS + 1)
        record(request.actor, "audit.read", obj="log", detail={"entries": len(found)})
    page = paging.page(
        _lines(found), of=of, is_first=position is None, position=lambda line: [line.index]
    )
    shown = {
        "page": page,
        "state": queries.state(),
        "act": act,
        "purpose": purpose,
        "acts": FILTERS.items(),
        "purposes": [(spec.key, names.purpose(spec.key)) for spec in CATALOG],
    }
    return render(request, "console/audit.html", shown)


@require_GET
@needs("audit:read")
def show_entry(request: ConsoleRequest, index: int) -> HttpResponse:
    """Show one entry: in words, as it is kept, and where it stands in the tree."""
    try:
        line = queries.find(index)
    except NoSuchEntry:
        raise Http404 from None
    state = queries.state()
    shown = {
        "entry": _lines([line])[0],
        "line": line,
        "state": state,
        "is_signed": state is not None and index < state.size,
    }
    return render(request, "console/audit_entry.html", shown)


@require_GET
@needs("audit:read")
def download_proof(request: ConsoleRequest, index: int) -> HttpResponse:
    """Hand out the proof file of one entry."""
    try:
        with database.atomic():
            text = proofs.prove(index)
            record(request.actor, "audit.prove", obj=f"entry:{index}")
    except NoSuchEntry:
        raise Http404 from None
    name = proofs.file_name(index)
    return HttpResponse(
        text,
        content_type=proofs.MEDIA_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
