"""Pages against what people type into them and what other sites send to them."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cdp.accounts import operator_sessions
from cdp.accounts.models import Operator, OperatorRole
from cdp.kernel import database, valkey
from cdp.kernel.roles import Role
from profiles.models import Segment, Source
from tests.console.test_campaigns import plan
from tests.operators import browser_of
from tests.people import EVERYTHING, Customer, Shop
from tests.portal.conftest import signed_in
from tests.security import matrix

pytestmark = pytest.mark.django_db
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg/onload=alert(1)>"
ELSEWHERE = (
    "//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert('evil')",
    "https:evil.example", "\t//evil.example",
)  # fmt: skip
# What takes a POST without the page's token, and why nothing is lost by it.
WITHOUT_TOKEN = {
    "/csp-report": "a browser's report; it changes nothing",
    "/v1/": "programs with a write key; no cookie counts there",
    "/api/v1/": "programs with an API key; no cookie counts there",
    "/api/schema/": "reads alone",
    "/u/": "one-click unsubscribe: mail programs send it; the address is the token (RFC 8058)",
}


class Page(HTMLParser):
    """What a browser would run of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.runs: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_data = given.get("type") == "application/json"
        if tag == "script" and not is_data and not (given.get("src") or "").startswith("/static/"):
            self.runs.append("script")
        self.runs += [name for name in given if name.startswith("on")]
        self.runs += [
            f"{tag} {name}"
            for name in ("href", "src", "action", "formaction")
            if (given.get(name) or "").strip().lower().startswith(("javascript:", "data:text"))
        ]
        if tag in ("svg", "img") and given.get("src") == "x":
            self.runs.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def everything(console: Client) -> list[str]:
    """Return the address of every page that shows something stored, by its links."""
    seen: dict[str, str] = {}
    waiting = ["/console/"]
    while waiting and len(seen) < 150:
        path = waiting.pop(0)
        if path in seen:
            continue
        answer = console.get(path)
        seen[path] = answer.content.decode() if "html" in answer.headers["Content-Type"] else ""
        links = re.findall(r'(?:href|hx-get)="(/console/[^"#]*)"', seen[path])
        waiting += [link.replace("&amp;", "&") for link in links if link not in seen]
    return [f"{path}\n{text}" for path, text in seen.items()]


def owner(shop: Shop) -> Client:
    with database.as_role(Role.WEB):
        operator = Operator.objects.create(email="ada@shop.example", name=f"Ada {MARKUP}"[:120])
        for role in OperatorRole.Role:
            OperatorRole.objects.create(operator=operator, workspace=shop.workspace, role=role)
        return browser_of(operator)


def fill(shop: Shop, console: Client) -> Customer:
    """Put markup wherever somebody can type or send something."""
    mei = shop.welcome(
        "mei", says=EVERYTHING, first_name=MARKUP, city=MARKUP, plan=MARKUP, phone="+14155550100"
    )
    shop.sell(mei, 20.0, department=MARKUP[:60], brand=MARKUP[:60], category=MARKUP[:60])
    shop.happens(mei, MARKUP[:80], page=MARKUP)
    rule = {"version": 1, "where": {"event": MARKUP[:80], "where": [], "window": "all",
                                    "measure": "count", "op": "ge", "value": 1}}  # fmt: skip
    with database.as_role(Role.WEB):
        Source.objects.update_or_create(key="candor", defaults={"name": MARKUP})
        segment = Segment.objects.create(
            name=MARKUP, description=MARKUP, rule=rule, created_by="sys:test"
        )
    plan(
        console, segment, name=MARKUP, subject_en=MARKUP[:80], body_en=f"{MARKUP} see https://x.io"
    )
    return mei


def test_stored_markup_is_text_on_every_page_of_the_console(shop: Shop) -> None:
    """Case 55."""
    console = owner(shop)
    fill(shop, console)

    pages = everything(console)

    showing = 0
    for each in pages:
        path, _, text = each.partition("\n")
        page = Page(text)
        assert page.runs == [], path
        showing += "<script>alert(1)" in page.text
    assert len(pages) > 30, "the walk finds the screens"
    assert showing >= 4, "the markup is shown, as text"


def test_stored_markup_is_text_on_every_page_of_the_portal(shop: Shop) -> None:
    """Case 55."""
    mei = fill(shop, owner(shop))
    portal = signed_in(mei)

    pages = {
        name: portal.get(reverse(f"portal:{name}")).content.decode()
        for name in ("overview", "permissions", "reasons", "history", "data", "scores")
    }

    pages["shown"] = portal.post("/my/data/show/", {"field": "first_name"}).content.decode()

    for name, text in pages.items():
        page = Page(text)
        assert page.runs == [], name
    assert any("<script>alert(1)" in Page(text).text for text in pages.values())


def test_only_doors_that_no_cookie_opens_take_a_post_without_the_pages_token() -> None:
    """Case 57."""
    exempt = {
        path for path, route in matrix.patterns() if getattr(route.callback, "csrf_exempt", False)
    }

    assert exempt, "the walk finds them"
    assert [path for path in exempt if not path.startswith(tuple(WITHOUT_TOKEN))] == []


def test_no_toggle_of_the_portal_obeys_another_site(shop: Shop) -> None:
    """Case 57: each address of the portal, with the customer's own cookies."""
    mei = shop.welcome("mei", says=EVERYTHING)
    cookies = signed_in(mei).cookies
    forged = Client(enforce_csrf_checks=True)
    forged.cookies = cookies
    paths = [
        re.sub(r"<[^>]+>", "x", path).replace("x/", "marketing.email/", 1)
        if "<str:purpose>" in path
        else re.sub(r"<uuid[^>]+>", str(mei.subject), re.sub(r"<(int|slug)[^>]+>", "1", path))
        for path, _ in matrix.patterns()
        if path.startswith("/my/")
    ]

    statuses = {
        path: forged.post(path, {"on": "1"}, headers={"Origin": "https://evil.example"}).status_code
        for path in paths
    }

    assert len(statuses) > 10
    assert set(statuses.values()) == {403}, statuses


def test_no_page_leads_to_another_site(shop: Shop) -> None:
    """Case 58: every page that is told where to go next stays on this host."""
    console = owner(shop)

    for target in ELSEWHERE:
        for path in ("/account/language/", "/account/theme/", "/account/signin/"):
            answer = console.post(path, {"next": target, "language": "en", "theme": "dark"})
            assert "evil" not in answer.headers.get("Location", ""), (path, target)
        page = Client().get("/account/signin/", {"next": target}).content.decode()
        assert f'value="{target}"' not in page


def test_an_idle_operator_is_asked_two_minutes_before_the_session_ends(shop: Shop) -> None:
    page = owner(shop).get("/console/").content.decode()

    found = re.search(r'data-ask-after="(\d+)"', page)
    assert found and "in two minutes" in page
    assert timedelta(seconds=int(found[1])) == operator_sessions.IDLE - timedelta(minutes=2)


@pytest.mark.parametrize(
    "claimed", ["not-an-ip", "x" * 10_000, "203.0.113.7, 198.51.100.2", "1.2.3.4\r\nX: y", "::1%lo"]
)
def test_a_forged_forwarding_header_loses_no_request(
    shop: Shop, claimed: str, settings: Any
) -> None:
    """Case 32."""
    valkey.live().flushdb()  # whoever signed in before came from here too
    for proxies in (0, 1):
        settings.TRUSTED_PROXIES = proxies
        headers = {"X-Forwarded-For": claimed}
        assert Client().get("/account/signin/", headers=headers).status_code == 200
        answer = Client().post("/account/signin/", {"email": "a@b.io", "password": "x" * 12},
                               headers=headers)  # fmt: skip
        assert answer.status_code in (200, 422)
