"""The two doors a message's links lead to: looking is free, pressing counts."""

import re

import pytest
from django.test import Client

from cdp.kernel import database
from cdp.kernel.roles import Role
from consent.models import ConsentRecord
from tests.campaigns.conftest import Office
from tests.people import Customer

pytestmark = pytest.mark.django_db

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def links(office: Office, sofia: Customer) -> dict[str, str]:
    """Return the paths of the links in the message that Sofia got."""
    office.drain(office.launched([sofia]))
    text = office.provider.kept[0][2].text
    return {kind: f"/{kind}/{token}" for kind, token in re.findall(r"/([ur])/([\w-]+)", text)}


@pytest.fixture
def visitor() -> Client:
    """Return a visitor without cookies that checks forms as a real one would be checked."""
    return Client(enforce_csrf_checks=True)


def withdrawn() -> int:
    return ConsentRecord.objects.filter(state="withdrawn").count()


def waiting() -> int:
    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute("SELECT count(*) FROM profiles_journal")
        row = sql.fetchone()
    return int(row[0]) if row else 0


def test_one_click_is_answered_at_once_without_cookie_or_redirect(
    links: dict[str, str], visitor: Client
) -> None:
    answer = visitor.post(links["u"], ONE_CLICK)
    again = visitor.post(
        links["u"], "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )

    assert (answer.status_code, again.status_code) == (200, 200)
    assert withdrawn() == 2  # a second record, the same bits
    assert ConsentRecord.objects.filter(method="one_click").count() == 2


def test_looking_shows_a_button_and_changes_nothing(
    links: dict[str, str], visitor: Client, sofia: Customer
) -> None:
    before = waiting()

    page = visitor.get(links["u"])
    head = visitor.head(links["u"])

    assert (page.status_code, head.status_code) == (200, 200)
    assert "Marketing by e-mail" in page.content.decode()
    assert 'name="stop"' in page.content.decode()
    assert (withdrawn(), waiting()) == (0, before)
    assert "canary" not in page.content.decode()


def test_the_button_stops_it_and_says_when(links: dict[str, str], visitor: Client) -> None:
    page = visitor.post(links["u"], {"stop": "1"})

    assert page.status_code == 200
    assert "It took effect at" in page.content.decode()
    assert withdrawn() == 1


def test_a_post_that_asks_for_nothing_stops_nothing(links: dict[str, str], visitor: Client) -> None:
    page = visitor.post(links["u"], {"x": "1"})

    assert page.status_code == 400
    assert withdrawn() == 0


def test_a_link_leads_on_and_is_counted(links: dict[str, str], visitor: Client) -> None:
    before = waiting()

    answer = visitor.get(links["r"])

    assert (answer.status_code, answer["Location"]) == (302, "https://shop.example/tea")
    assert waiting() == before + 1


@pytest.mark.parametrize("headers", [{"Purpose": "prefetch"}, {"Sec-Purpose": "prefetch"}])
def test_a_prefetch_leads_on_uncounted(
    links: dict[str, str], visitor: Client, headers: dict[str, str]
) -> None:
    before = waiting()

    answer = visitor.get(links["r"], headers=headers)
    visitor.head(links["r"])

    assert answer.status_code == 302
    assert waiting() == before


@pytest.mark.parametrize("path", ["/u/forged", "/r/forged", "/u/" + "x" * 500])
def test_a_forged_link_is_not_found(links: dict[str, str], visitor: Client, path: str) -> None:
    assert visitor.get(path).status_code == 404
    if path.startswith("/u/"):
        assert visitor.post(path, ONE_CLICK).status_code == 404


@pytest.mark.parametrize("kind", ["u", "r"])
def test_the_token_stays_out_of_caches_and_referrers(
    links: dict[str, str], visitor: Client, kind: str
) -> None:
    answer = visitor.get(links[kind])

    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
