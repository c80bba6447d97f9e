"""The first page after signing in: what is allowed, what is held, what happened last."""

from django.http import HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from audit import queries as log
from cdp.portal import pages
from cdp.portal.access import PortalRequest, actor_of, customer_required
from cdp.portal.data import sum_up
from cdp.portal.history import newest_uses, tell
from cdp.portal.permissions import draw_board
from cdp.portal.timeline import Row
from consent import explanations, queries
from consent.window import subject_window
from profiles.records import own

LAST_USES = 5


@require_safe
@customer_required
def overview(request: PortalRequest) -> HttpResponse:
    """Show the state of everything on one page; each card leads to the whole."""
    subject = request.subject_id
    with subject_window(subject, actor=actor_of(request)):
        board = draw_board(queries.standing(subject, language=get_language() or "en"), [])
        uses = newest_uses(subject, limit=LAST_USES)
        newest = explanations.of_subject(subject, limit=1)
        held = own.holdings(subject)
        orders = own.count_orders(subject)
        state = log.state()
    reasons = {each.standing.reason for each in (*board.messages, *board.learning)}
    context = {
        "switches": [*board.messages, *board.learning],
        "told": tell([Row(use.at, use=use) for use in uses]),
        "explanation": newest[0] if newest else None,
        "holdings": sum_up(held, orders=orders),
        "log": state,
        "restricted": "restricted" in reasons,
        "minor": "age" in reasons,
        "nothing_allowed": not any(s.standing.on for s in (*board.messages, *board.learning)),
    }
    return pages.show(request, "overview.html", context, section="overview")
