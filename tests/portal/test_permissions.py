"""The switches: one press each way, in force at once, the same with and without JavaScript."""

from html.parser import HTMLParser

import pytest
from django.test import Client

from cdp.kernel import database
from cdp.kernel.roles import Role
from consent.models import ConsentRecord
from consent.window import purpose
from profiles.records.models import Profile, Purchase
from profiles.vault.models import VaultValue
from tests.people import EVERYTHING, Customer, Shop
from tests.portal.conftest import signed_in

pytestmark = pytest.mark.django_db

EMAIL = "/my/permissions/marketing.email/"


def permits(customer: Customer, key: str) -> bool:
    """Say whether a worker sees this customer under a purpose."""
    with database.as_role(Role.WORKER), purpose(key, actor="sys:test"):
        return Profile.objects.filter(subject_id=customer.subject).exists()


class Forms(HTMLParser):
    """Collects each form of a page with its fields and buttons."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[dict[str, list[dict[str, str | None]]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "form":
            self.found.append({"form": [dict(attrs)], "input": [], "button": []})
        elif tag in ("input", "button") and self.found:
            self.found[-1][tag].append(dict(attrs))

    def switches(self) -> dict[str, bool]:
        """Return each switch's address and whether it is on."""
        return {
            str(form["form"][0]["action"]): button["aria-checked"] == "true"
            for form in self.found
            for button in form["button"]
            if button.get("role") == "switch"
        }


def board(browser: Client) -> Forms:
    """Return the permissions page."""
    return Forms(browser.get("/my/permissions/").content.decode())


def test_a_switch_turned_off_hides_the_customer_at_the_next_read(shop: Shop) -> None:
    sofia = shop.welcome("sofia", says=EVERYTHING)
    browser = signed_in(sofia)
    assert permits(sofia, "marketing.email")
    assert board(browser).switches()[EMAIL]

    answer = browser.post(EMAIL, {"to": "off"})

    assert answer.status_code == 303
    assert answer["Location"] == "/my/permissions/?changed=marketing.email#marketing-email"
    assert not permits(sofia, "marketing.email")
    assert not board(browser).switches()[EMAIL]


def test_the_same_press_gives_it_back(shop: Shop) -> None:
    sofia = shop.welcome("sofia", says=EVERYTHING)
    browser = signed_in(sofia)

    browser.post(EMAIL, {"to": "off"})
    browser.post(EMAIL, {"to": "on"})

    assert permits(sofia, "marketing.email")
    with database.as_role(Role.WORKER):
        said = ConsentRecord.objects.filter(purpose="marketing.email").order_by("said_at")
        assert [each.state for each in said] == ["granted", "withdrawn", "granted"]


def test_giving_and_taking_back_cost_the_same_fields_and_presses(shop: Shop) -> None:
    sofia = shop.welcome("sofia", says={"marketing.email": True, "marketing.sms": False})

    forms = [form for form in board(signed_in(sofia)).found if _is_switch(form)]

    on = [form for form in forms if form["button"][0]["aria-checked"] == "true"]
    off = [form for form in forms if form["button"][0]["aria-checked"] == "false"]
    assert on and off
    assert {_shape(form) for form in on} == {_shape(form) for form in off}


def test_every_switch_works_without_javascript(shop: Shop) -> None:
    sofia = shop.welcome("sofia", says=EVERYTHING)

    for form in board(signed_in(sofia)).found:
        attributes = form["form"][0]
        assert attributes["method"] == "post"
        assert any(button.get("type") == "submit" for button in form["button"])
        assert attributes.get("hx-post", attributes["action"]) == attributes["action"]


def test_htmx_gets_the_board_alone_and_the_status_beside_the_switch(shop: Shop) -> None:
    sofia = shop.welcome("sofia", says=EVERYTHING)

    answer = signed_in(sofia).post(EMAIL, {"to": "off"}, headers={"HX-Request": "true"})

    text = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in text and 'id="board"' in text
    assert "Off. Nothing more will be sent." in text
    assert 'id="marketing-email-undo"' in text


def test_stop_everything_stops_all_and_undo_brings_back_just_that(shop: Shop) -> None:
    sofia = shop.welcome("sofia", says={**EVERYTHING, "marketing.sms": False})
    browser = signed_in(sofia)
    before = board(browser).switches()

    browser.post("/my/permissions/stop/")

    purposes = [url for url in before if "/kind/" not in url]
    stopped = board(browser).switches()
    assert not any(stopped[url] for url in purposes)
    assert not permits(sofia, "marketing.email")

    browser.post("/my/permissions/restore/")

    assert board(browser).switches() == before
    assert permits(sofia, "marketing.email")


def test_what_an_order_needs_goes_on_after_stop_everything(shop: Shop) -> None:
    sofia = shop.welcome("sofia", says=EVERYTHING)

    signed_in(sofia).post("/my/permissions/stop/")

    assert permits(sofia, "service")


def test_a_kind_of_data_is_switched_off_for_every_purpose(shop: Shop) -> None:
    sofia = shop.welcome("sofia", says=EVERYTHING)
    shop.sell(sofia, 12.5)
    browser = signed_in(sofia)
    kind = "/my/permissions/kind/purchase/"
    assert _sees_purchases(sofia)

    browser.post(kind, {"to": "off"})

    assert not _sees_purchases(sofia)
    assert not board(browser).switches()[kind]

    browser.post(kind, {"to": "on"})

    assert _sees_purchases(sofia)


@pytest.mark.parametrize(
    "purpose_key", ["service", "legal", "marketing.email.personalized", "share.sale", "nonsense"]
)
def test_what_is_not_the_persons_to_switch_is_not_found(shop: Shop, purpose_key: str) -> None:
    sofia = shop.welcome("sofia", says=EVERYTHING)

    answer = signed_in(sofia).post(f"/my/permissions/{purpose_key}/", {"to": "on"})

    assert answer.status_code == 404


def test_a_kind_of_data_without_a_switch_is_not_found(shop: Shop) -> None:
    sofia = shop.welcome("sofia")

    assert signed_in(sofia).post("/my/permissions/kind/identity/").status_code == 404


def test_a_strangers_press_changes_nothing(shop: Shop) -> None:
    sofia = shop.welcome("sofia", says=EVERYTHING)

    answer = Client().post(EMAIL, {"to": "off"})

    assert answer["Location"] == "/my/signin/"
    assert permits(sofia, "marketing.email")


def test_one_customers_press_leaves_the_others_alone(shop: Shop) -> None:
    sofia = shop.welcome("sofia", says=EVERYTHING)
    mei = shop.welcome("mei", says=EVERYTHING)

    signed_in(sofia).post("/my/permissions/stop/")

    assert permits(mei, "marketing.email")
    assert not permits(sofia, "marketing.email")


def test_the_press_needs_the_pages_own_token(shop: Shop) -> None:
    """Case 57."""
    sofia = shop.welcome("sofia", says=EVERYTHING)
    forged = Client(enforce_csrf_checks=True)
    forged.cookies = signed_in(sofia).cookies

    assert forged.post(EMAIL, {"to": "off"}).status_code == 403
    assert permits(sofia, "marketing.email")


def test_a_minor_sees_why_marketing_stays_off(shop: Shop) -> None:
    leo = shop.welcome("leo", says={"marketing.email": True}, birthday="2012-01-01")

    page = signed_in(leo).get("/my/permissions/").content.decode()

    assert "stays off for anyone under 16" in page
    assert not permits(leo, "marketing.email")


def _sees_purchases(customer: Customer) -> bool:
    with database.as_role(Role.WORKER), purpose("profiling.segmentation", actor="sys:test"):
        return Purchase.objects.filter(subject_id=customer.subject).exists()


def _is_switch(form: dict[str, list[dict[str, str | None]]]) -> bool:
    return any(button.get("role") == "switch" for button in form["button"])


def _shape(form: dict[str, list[dict[str, str | None]]]) -> tuple[str, ...]:
    """Return what a form asks for: its fields, and its button's looks."""
    fields = sorted(str(each.get("name")) for each in form["input"])
    return (*fields, *(str(button.get("class")) for button in form["button"]))


def test_the_probe_of_contact_data_follows_the_switch(shop: Shop) -> None:
    sofia = shop.welcome("sofia", says=EVERYTHING)

    def addresses() -> int:
        with database.as_role(Role.WORKER), purpose("marketing.email", actor="sys:test"):
            return VaultValue.objects.filter(field="email").count()

    assert addresses() == 1

    signed_in(sofia).post(EMAIL, {"to": "off"})

    assert addresses() == 0
