"""My data: what is held, by kind, with counts; contact details stay closed until asked for."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cdp.accounts import limits
from cdp.kernel.protected import Category
from cdp.portal import pages, words
from cdp.portal.access import PortalRequest, actor_of, customer_required
from cdp.portal.browser import SeeOther
from consent import queries
from consent.window import subject_window
from profiles.records import own
from profiles.records.own import Contact, Fact, Holding
from profiles.traits.declared import DEFINITIONS
from profiles.vault import open as vault
from profiles.vault.fields import FIELDS

ORDERS = 20


@dataclass(frozen=True, slots=True)
class Held:
    """One kind of data: how much there is, and of what."""

    category: Category
    label: words.Words
    count: int
    parts: tuple[tuple[words.Words, int], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """
    One contact detail: masked, or in full when the customer asked for it just now.

    One that is there and cannot be decrypted is `unreadable` and has no value.
    """

    contact: Contact
    label: str
    value: str
    is_open: bool
    unreadable: bool


@dataclass(frozen=True, slots=True)
class Stated:
    """One fact that a source stated, in the reader's language."""

    label: str
    value: str
    stated_at: datetime


def sum_up(holdings: Iterable[Holding], *, orders: int) -> list[Held]:
    """Return what is held by kind; purchases count as orders, as people count them."""
    parts: dict[Category, list[Holding]] = defaultdict(list)
    for holding in holdings:
        parts[holding.category].append(holding)
    return [
        Held(
            category=category,
            label=words.CATEGORIES[category],
            count=orders
            if category is Category.PURCHASE
            else sum(p.count for p in parts[category]),
            parts=tuple((words.TABLES.get(p.table, p.table), p.count) for p in parts[category]),
        )
        for category in Category
        if category in parts
    ]


@require_safe
@customer_required
def data(request: PortalRequest) -> HttpResponse:
    """Show everything that is held; contact details are masked."""
    return _page(request)


@require_http_methods(["GET", "HEAD", "POST"])
@customer_required
def reveal(request: PortalRequest) -> HttpResponse:
    """
    Open one contact detail for its owner, on the record; the page itself keeps it nowhere.

    GET, which a change of language or a reload may bring, opens nothing and leads back.
    """
    if request.method != "POST":
        return SeeOther(reverse("portal:data"))
    field = request.POST.get("field", "")
    if field not in FIELDS:
        raise Http404
    try:
        limits.spend(limits.REVEALS_PER_CUSTOMER, request.subject_id.bytes)
    except limits.TooManyTries:
        refusal = _("That was often. Wait an hour before you open more details.")
        return _page(request, refusal=refusal, status=429)
    except limits.TriesUncounted:
        refusal = _("Details cannot be shown right now. Try again in a minute.")
        return _page(request, refusal=refusal, status=503)
    with subject_window(request.subject_id, actor=actor_of(request)) as use:
        opened = vault.open(
            [request.subject_id], [field], actor=actor_of(request), reason="own data"
        )
        use.doing("reveal_own")
    return _page(request, revealed=opened.get(request.subject_id, {}))


def _page(
    request: PortalRequest,
    *,
    revealed: dict[str, str] | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    subject, opened = request.subject_id, revealed or {}
    before = _moment(request.GET.get("before", ""))
    with subject_window(subject, actor=actor_of(request)):
        held = own.holdings(subject)
        contacts = own.contacts(subject)
        closed = {each.field for each in contacts} - opened.keys()
        masked = vault.open_masked([subject], closed, actor=actor_of(request))
        orders = own.orders(subject, before=before, limit=ORDERS + 1)
        count = own.count_orders(subject)
        facts = own.facts(subject)
        kinds = queries.categories(subject)
    off = [words.CATEGORIES[kind.category] for kind in kinds if not kind.allowed]
    context = {
        "contacts": [
            _show(
                each,
                masked.get(subject, {}) | opened,
                is_open=each.field in opened,
                unreadable=each.field in masked.unreadable(subject),
            )
            for each in contacts
        ],
        "refusal": refusal,
        "holdings": sum_up(held, orders=count),
        "off": off,
        "orders": orders[:ORDERS],
        "order_count": count,
        "older": orders[ORDERS - 1].happened_at if len(orders) > ORDERS else None,
        "facts": [_state(fact) for fact in facts],
    }
    return pages.show(request, "data.html", context, section="data", status=status)


def _show(contact: Contact, values: dict[str, str], *, is_open: bool, unreadable: bool) -> Shown:
    field = FIELDS.get(contact.field)
    label = words.said(field.label) if field else contact.field
    return Shown(contact, label, values.get(contact.field, ""), is_open, unreadable)


def _moment(text: str) -> datetime | None:
    """Return the aware moment written in `text`; anything else means the newest."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _state(fact: Fact) -> Stated:
    language = get_language() or "en"
    definition = DEFINITIONS.get(fact.key)
    value = fact.text if fact.text is not None else f"{fact.number or 0:g}"
    if definition is None:
        return Stated(fact.key.replace("_", " "), value, fact.stated_at)
    choice = (definition.choices or {}).get(value, {})
    return Stated(
        definition.label.get(language, definition.label["en"]),
        choice.get(language, value),
        fact.stated_at,
    )
