"""
The switches: one per purpose and per kind of data, given and taken back with the same press.

Every switch is a form of its own, so it works without JavaScript; htmx only swaps the board. The
server's state is the only truth: the board is drawn again from what the database says after each
press. An undo is the opposite statement, on the record like every other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cdp.kernel import clock
from cdp.kernel.protected import Category
from cdp.portal import pages, words
from cdp.portal.access import PortalRequest, actor_of, customer_required
from cdp.portal.browser import SeeOther
from consent import ledger, queries
from consent.catalog import Basis
from consent.ledger import NotSwitchable, Said
from consent.models import ConsentRecord
from consent.purposes import UnknownPurpose
from consent.queries import CategoryStanding, Standing
from consent.window import subject_window

UNDO = timedelta(minutes=1)  # how long “Undo” is offered for everything stopped at once
STOPPED_AT_ONCE = "save"  # the ledger's word for a press that decided several purposes


@dataclass(frozen=True, slots=True)
class Switch:
    """One purpose with its words, and the combined purposes that follow from it."""

    standing: Standing
    note: words.Words
    follows: tuple[Standing, ...]

    @property
    def anchor(self) -> str:
        """Return the part of the page to come back to."""
        return self.standing.purpose.replace(".", "-")


@dataclass(frozen=True, slots=True)
class CategorySwitch:
    """One kind of data with its name."""

    category: Category
    label: words.Words
    allowed: bool

    @property
    def anchor(self) -> str:
        """Return the part of the page to come back to."""
        return f"kind-{self.category.name.lower()}"


@dataclass(frozen=True, slots=True)
class Board:
    """The permissions page as it stands now."""

    messages: list[Switch]
    learning: list[Switch]
    objectable: list[Switch]
    needed: list[Switch]
    not_in_use: list[Switch]
    categories: list[CategorySwitch]
    stopped: list[Standing]  # by one press, within the last minute

    @property
    def any_on(self) -> bool:
        """Return whether there is anything left to stop."""
        switches = [*self.messages, *self.learning, *self.objectable]
        return any(switch.standing.on for switch in switches)


def draw_board(standings: Iterable[Standing], categories: Iterable[CategoryStanding]) -> Board:
    """Sort purposes into the groups of the page; combined ones stand under what they need."""
    every = list(standings)
    folded = [each for each in every if each.folded]
    plain = [
        Switch(each, _note(each), tuple(f for f in folded if _leads(each, f)))
        for each in every
        if not each.folded
    ]
    switched = [switch for switch in plain if switch.standing.switchable]
    fixed = [switch for switch in plain if not switch.standing.switchable]
    by_consent = [switch for switch in switched if switch.standing.basis == Basis.CONSENT]
    since = clock.now() - UNDO
    return Board(
        messages=[switch for switch in by_consent if switch.standing.channel],
        learning=[switch for switch in by_consent if not switch.standing.channel],
        objectable=[switch for switch in switched if switch.standing.basis != Basis.CONSENT],
        needed=[switch for switch in fixed if switch.standing.in_use],
        not_in_use=[switch for switch in fixed if not switch.standing.in_use],
        categories=[
            CategorySwitch(each.category, words.CATEGORIES[each.category], each.allowed)
            for each in categories
        ],
        stopped=[
            each
            for each in every
            if each.state == ConsentRecord.State.WITHDRAWN
            and each.method == STOPPED_AT_ONCE
            and each.since is not None
            and each.since > since
        ],
    )


def _leads(parent: Standing, folded: Standing) -> bool:
    """Return whether `folded` is shown under `parent`: the first purpose that it needs."""
    return bool(folded.requires) and folded.requires[0] == parent.purpose


def _note(standing: Standing) -> words.Words:
    if not standing.switchable:
        return words.BASES[standing.basis] if standing.in_use else words.REASONS["not_in_use"]
    return "" if standing.on else words.reason(standing.reason)


@require_safe
@customer_required
def permissions(request: PortalRequest) -> HttpResponse:
    """Show every purpose and kind of data with its switch."""
    return _board(request, changed=request.GET.get("changed", ""))


@require_POST
@customer_required
def switch(request: PortalRequest, purpose: str) -> HttpResponse:
    """Switch one purpose on or off, as the pressed button says."""
    say = ledger.grant if request.POST.get("to") == "on" else ledger.withdraw
    try:
        with subject_window(request.subject_id, actor=actor_of(request)) as use:
            use.doing("change_permission")
            say(
                request.subject_id,
                purpose=purpose,
                actor=actor_of(request),
                method="button",
                origin="portal",
                language=get_language() or "en",
            )
    except (UnknownPurpose, NotSwitchable):
        raise Http404 from None
    return _answer(request, changed=purpose, anchor=purpose.replace(".", "-"))


@require_POST
@customer_required
def switch_category(request: PortalRequest, name: str) -> HttpResponse:
    """Allow or stop the use of one kind of data, whatever the purpose."""
    category = Category.__members__.get(name.upper())
    if category not in queries.SWITCHABLE_CATEGORIES:
        raise Http404
    with subject_window(request.subject_id, actor=actor_of(request)) as use:
        use.doing("change_permission")
        ledger.set_category(
            request.subject_id,
            category=category,
            allowed=request.POST.get("to") == "on",
            actor=actor_of(request),
        )
    return _answer(request, changed=f"kind-{name}", anchor=f"kind-{name}")


@require_POST
@customer_required
def stop_everything(request: PortalRequest) -> HttpResponse:
    """Take back everything that the person may take back, in one statement each."""
    with subject_window(request.subject_id, actor=actor_of(request)) as use:
        use.doing("change_permission")
        on = [
            each
            for each in queries.standing(request.subject_id)
            if each.switchable and (each.on or each.state == ConsentRecord.State.GRANTED)
        ]
        _say_all(request, on, ConsentRecord.State.WITHDRAWN)
    return _answer(request, changed="everything", anchor="everything")


@require_POST
@customer_required
def restore(request: PortalRequest) -> HttpResponse:
    """Undo “Stop everything”: allow again what that press stopped within the last minute."""
    with subject_window(request.subject_id, actor=actor_of(request)) as use:
        use.doing("change_permission")
        board = draw_board(queries.standing(request.subject_id), [])
        _say_all(request, board.stopped, ConsentRecord.State.GRANTED)
    return _answer(request, changed="restored", anchor="everything")


def _say_all(
    request: PortalRequest, standings: Iterable[Standing], state: ConsentRecord.State
) -> None:
    said = [
        Said(
            subject=request.subject_id,
            purpose=each.purpose,
            state=state,
            said_at=clock.now(),
            method=STOPPED_AT_ONCE,
            origin="portal",
            language=get_language() or "en",
        )
        for each in standings
    ]
    ledger.write(said, actor=actor_of(request))


def _answer(request: PortalRequest, *, changed: str, anchor: str) -> HttpResponse:
    """Draw the board again for htmx; send everybody else back to where they pressed."""
    if request.htmx:
        return _board(request, changed=changed)
    query = urlencode({"changed": changed})
    return SeeOther(f"{reverse('portal:permissions')}?{query}#{anchor}")


def _board(request: PortalRequest, *, changed: str) -> HttpResponse:
    with subject_window(request.subject_id, actor=actor_of(request)):
        board = draw_board(
            queries.standing(request.subject_id, language=get_language() or "en"),
            queries.categories(request.subject_id),
        )
    context = {"board": board, "changed": changed, "everything": _everything(board, changed)}
    template = "permissions.html#board" if request.htmx else "permissions.html"
    return pages.show(request, template, context, section="permissions")


def _everything(board: Board, changed: str) -> str:
    """Return what to say after everything was stopped or put back at once."""
    if changed == "everything":
        return _(
            "Everything that you may stop is off. Only what your orders and the law need goes on."
        )
    if changed == "restored":
        return _("Everything is as it was before you stopped it.")
    return ""
