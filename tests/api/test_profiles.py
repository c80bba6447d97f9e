"""People through the API: what the purpose shows, and nothing else."""

from uuid import uuid4

import pytest

from cdp.kernel import database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from consent.models import DataUse
from tests.api.conftest import Caller, issue
from tests.people import EVERYTHING, Customer, Shop

SEARCH = "/api/v1/profiles/search"
pytestmark = pytest.mark.django_db


@pytest.fixture
def mei(shop: Shop) -> Customer:
    return shop.welcome("mei", says=EVERYTHING, language="zh-hans", household_size=3)


@pytest.fixture
def jonas(shop: Shop) -> Customer:
    return shop.welcome("jonas", says=dict.fromkeys(EVERYTHING, False))


def test_a_person_is_found_by_an_exact_value(caller: Caller, mei: Customer) -> None:
    by_number = caller.post(SEARCH, {"user_id": mei.user_id})
    by_address = caller.post(SEARCH, {"email": mei.email.upper()})

    assert by_number.status == by_address.status == 200
    assert by_number.body == by_address.body
    assert by_number.body["id"] == str(mei.subject)
    assert by_number.body["language"] == "zh-hans"


def test_unknown_and_not_permitted_read_alike(
    caller: Caller, mei: Customer, jonas: Customer
) -> None:
    caller.purpose = "profiling.segmentation"

    assert caller.post(SEARCH, {"user_id": mei.user_id}).status == 200
    refused = caller.post(SEARCH, {"user_id": jonas.user_id})
    unknown = caller.post(SEARCH, {"user_id": "nobody-9"})

    assert refused.status == unknown.status == 404
    del refused.body["request_id"], unknown.body["request_id"]
    assert refused.body == unknown.body


@pytest.mark.parametrize("path", ["", "/events"])
def test_a_profile_that_the_purpose_hides_is_not_here(
    caller: Caller, mei: Customer, jonas: Customer, path: str
) -> None:
    caller.purpose = "profiling.segmentation"

    assert caller.get(f"/api/v1/profiles/{mei.subject}{path}").status == 200
    assert caller.get(f"/api/v1/profiles/{jonas.subject}{path}").status == 404
    assert caller.get(f"/api/v1/profiles/{uuid4()}{path}").status == 404


def test_a_profile_holds_what_was_stated_and_no_address(caller: Caller, mei: Customer) -> None:
    caller.purpose = "profiling.segmentation"

    found = caller.get(f"/api/v1/profiles/{mei.subject}")

    stated = {trait["key"]: trait["number"] for trait in found.body["traits"]}
    assert stated["household_size"] == 3
    assert "canary" not in str(found.body).lower()


def test_events_come_newest_first_and_page_by_page(
    caller: Caller, shop: Shop, mei: Customer
) -> None:
    for days_ago in (3, 1, 2):
        shop.sell(mei, 10.0 * days_ago, days_ago=days_ago)
    seen, query = [], {"limit": "2"}

    path = f"/api/v1/profiles/{mei.subject}/events"
    while True:
        page = caller.get(path, **query)
        assert page.status == 200
        seen += page.body["data"]
        if page.body["next"] is None:
            break
        assert len(page.body["data"]) == 2
        path, query = page.body["next"].removeprefix("http://testserver"), {}

    sold = [event["amount_minor"] for event in seen if event["name"] == "Order Completed"]
    assert sold == [1000, 2000, 3000]
    assert len({event["id"] for event in seen}) == len(seen)
    assert [e["happened_at"] for e in seen] == sorted(
        (e["happened_at"] for e in seen), reverse=True
    )
    order = next(event for event in seen if event["name"] == "Order Completed")
    assert order["properties"]["products"][0]["department"] == "GROCERY"
    assert order["source"] == "till"


def test_a_cursor_of_another_address_is_refused(
    caller: Caller, shop: Shop, mei: Customer, jonas: Customer
) -> None:
    shop.sell(mei, 5)
    path = "/api/v1/profiles/{}/events"
    cursor = caller.get(path.format(mei.subject), limit="1").body["next"].partition("after=")[2]
    token = cursor.partition("&")[0].replace("%3A", ":")

    assert caller.get(path.format(mei.subject), after=token).status == 200
    elsewhere = caller.get(path.format(jonas.subject), after=token)
    altered = caller.get(path.format(mei.subject), after=token[:-1] + "~")

    assert [elsewhere.status, altered.status] == [400, 400]
    assert elsewhere.body["code"] == "bad_cursor"


def test_the_reading_is_on_the_record(caller: Caller, mei: Customer, workspace: Workspace) -> None:
    caller.post(SEARCH, {"email": mei.email})
    caller.get(f"/api/v1/profiles/{mei.subject}")

    uses = DataUse.objects.filter(actor__startswith="key:")
    assert {(use.act, use.purpose_key, use.subject_id) for use in uses} == {
        ("find_profile", "service", mei.subject),
        ("show_profile", "service", mei.subject),
    }
    with database.as_role(Role.AUDIT), database.cursor() as sql:
        sql.execute("SELECT detail FROM audit_inbox WHERE act = 'profile.find' AND subject = %s",
                    [mei.subject])  # fmt: skip
        assert [row[0] for row in sql.fetchall()] == ['{"by":"email"}']


def test_a_key_of_another_workspace_sees_nobody(shop: Shop, mei: Customer) -> None:
    with database.as_role(Role.WEB), database.in_workspace(None):
        other = Workspace.objects.create(key="outlet", name="Bob's Outlet", settings={})
    bob = issue(other)

    assert bob.get(f"/api/v1/profiles/{mei.subject}").status == 404
    assert bob.post(SEARCH, {"user_id": mei.user_id}).status == 404
    assert bob.get(f"/api/v1/subjects/{mei.subject}/consents").status == 404


@pytest.mark.parametrize(
    "body",
    [{}, {"user_id": "a", "email": "a@example.com"}, {"name": "Mei"}, {"user_id": {"x": 1}}],
)
def test_a_search_takes_exactly_one_known_value(caller: Caller, body: object) -> None:
    answer = caller.post(SEARCH, body)

    assert (answer.status, answer.body["code"]) == (400, "invalid_input")


def test_a_refused_value_is_not_repeated(caller: Caller) -> None:
    answers = [
        caller.post(SEARCH, {"email": "canary.7f3a"}),
        caller.post(SEARCH, {"phone": "canary.7f3a"}),
        caller.post(SEARCH, {"canary.7f3a@example.com": "x"}),
        caller.post(SEARCH, {"user_id": ["canary.7f3a"]}),
        caller.post(SEARCH, {"user_id": "canary.7f3a" * 100}),
    ]

    assert [answer.status for answer in answers] == [400] * 5
    assert all("canary" not in str(answer.body) for answer in answers)
