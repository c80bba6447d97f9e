"""Who used my data: uses and entries in plain words, each entry with its proof to download."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit import proofs
from audit import queries as log
from audit.proofs import NoSuchEntry
from audit.queries import Line
from cdp.portal import pages, timeline, words
from cdp.portal.access import PortalRequest, actor_of, customer_required
from cdp.portal.timeline import Cursor, Row
from consent import purposes, queries
from consent.purposes import UnknownPurpose
from consent.queries import Use
from consent.window import subject_window
from profiles.exports import plan as exports
from profiles.records import own

PAGE = 40
NEWEST = Cursor()
CHUNK = 200  # rows read at a time while a filter passes over them


@dataclass(frozen=True, slots=True)
class Told:
    """One row of the timeline in words."""

    row: Row
    what: words.Words
    who: words.Words
    why: str


@require_safe
@customer_required
def history(request: PortalRequest) -> HttpResponse:
    """Show the timeline, newest first; `who` filters people or machines, or adds own visits."""
    since = Cursor.parse(request.GET.get("after", ""))
    who = request.GET.get("who", "")
    with subject_window(request.subject_id, actor=actor_of(request)):
        uses = newest_uses(request.subject_id, since, who, limit=PAGE + 1)
        entries = _entries(request.subject_id, since, who)
        state = log.state()
    page = timeline.merge(uses, entries, since=since, limit=PAGE)
    context = {
        "told": tell(page.rows),
        "older": page.older,
        "who": who,
        "log": state,
    }
    return pages.show(request, "history.html", context, section="history")


def newest_uses(subject: UUID, since: Cursor = NEWEST, who: str = "", *, limit: int) -> list[Use]:
    """Return up to `limit` of the newest uses that pass the filter, in the person's window."""
    found: list[Use] = []
    before = since.before_use
    while len(found) < limit:
        chunk = queries.uses_of(subject, before=before, limit=CHUNK)
        found += [use for use in chunk if _passes(use.actor, who)]
        if len(chunk) < CHUNK:
            break
        before = chunk[-1].at
    return found[:limit]


def _entries(subject: UUID, since: Cursor, who: str) -> list[Line]:
    """Return the newest entries that pass, about any of the ids that stand for this person."""
    found = [line for origin in own.origins(subject) for line in _entries_about(origin, since, who)]
    return sorted(found, key=lambda line: line.index, reverse=True)[: PAGE + 1]


def _entries_about(origin: UUID, since: Cursor, who: str) -> list[Line]:
    found: list[Line] = []
    before = since.before_entry
    while len(found) <= PAGE:
        chunk = log.about(origin, before=before, limit=CHUNK)
        found += [line for line in chunk if who in ("", "all") or _passes(str(line.actor), who)]
        if len(chunk) < CHUNK:
            break
        before = chunk[-1].index
    return found


def _passes(actor: str, who: str) -> bool:
    """Return whether the filter lets an actor's row through; own visits only with “all”."""
    if who == "people":
        return actor.startswith("op:")
    if who == "machines":
        return words.is_machine(actor)
    return who == "all" or not actor.startswith("cust:")


def tell(rows: Sequence[Row]) -> list[Told]:
    """Return rows in plain words, in the reader's language."""
    recipients = exports.recipients({row.use.ref for row in rows if row.use})
    return [_tell(row, recipients) for row in rows]


def _tell(row: Row, recipients: Mapping[str, str]) -> Told:
    if row.entry:
        return Told(row, words.act(row.entry.act), words.doer(row.entry.actor), "")
    use = row.use
    assert use is not None
    is_known = use.act == "export" and use.ref in recipients
    what = words.exported(recipients[use.ref]) if is_known else words.use(use.act)
    return Told(row, what, words.doer(use.actor), why(use))


def why(use: Use) -> str:
    """Return the name of the purpose of a use."""
    try:
        return purposes.label(use.purpose, get_language() or "en").name
    except UnknownPurpose:
        return _("a purpose that no longer exists")


@require_safe
@customer_required
def proof(request: PortalRequest, index: int) -> HttpResponse:
    """Hand out the proof that an entry about this person is in the log; 404 for any other."""
    with subject_window(request.subject_id, actor=actor_of(request)):
        text = _prove(request.subject_id, index)
    if text is None:
        raise Http404
    answer = HttpResponse(text, content_type=proofs.MEDIA_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="{proofs.file_name(index)}"'
    return answer


def _prove(subject: UUID, index: int) -> str | None:
    for origin in own.origins(subject):
        try:
            return log.prove_about(origin, index)
        except NoSuchEntry:
            continue
    return None
