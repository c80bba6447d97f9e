"""What we hold and what we worked out: one's own, whole, and nobody else's."""

from datetime import timedelta

import pytest
from django.test import Client

from audit.models import Inbox
from cdp.kernel import clock, database
from cdp.kernel.identifiers import uuid7
from cdp.kernel.protected import Category, protected_models
from cdp.kernel.roles import Role
from consent.window import purpose, subject_window
from profiles.records import own
from profiles.scoring.models import ModelVersion, Score
from profiles.segments.models import Member, Segment
from tests.people import EVERYTHING, Customer, Shop
from tests.portal.conftest import signed_in

pytestmark = pytest.mark.django_db


def read(client: Client, url: str) -> str:
    """Return a page's text."""
    answer = client.get(url)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    return str(answer.content.decode())


def test_contact_details_are_masked_until_shown(shop: Shop) -> None:
    mei = shop.welcome("mei", phone="+8613800138000")
    client = signed_in(mei)

    masked = read(client, "/my/data/")
    shown = client.post("/my/data/show/", {"field": "email"}).content.decode()

    assert mei.email not in masked and "m***@example.com" in masked
    assert mei.email in shown
    assert "+8613800138000" not in shown


def test_showing_a_detail_is_on_the_record(shop: Shop) -> None:
    mei = shop.welcome("mei")

    signed_in(mei).post("/my/data/show/", {"field": "email"})

    with database.as_role(Role.AUDIT):
        entries = Inbox.objects.filter(subject=mei.subject, act="vault.open")
        assert f"cust:{mei.subject}" in set(entries.values_list("actor", flat=True))
        assert any("own data" in detail for detail in entries.values_list("detail", flat=True))


def test_a_reload_of_the_shown_detail_opens_nothing(shop: Shop) -> None:
    mei = shop.welcome("mei")

    answer = signed_in(mei).get("/my/data/show/")

    assert (answer.status_code, answer["Location"]) == (303, "/my/data/")


def test_an_unknown_field_is_not_found(shop: Shop) -> None:
    mei = shop.welcome("mei")

    assert signed_in(mei).post("/my/data/show/", {"field": "password"}).status_code == 404


def test_the_sixty_first_look_within_an_hour_is_refused(shop: Shop) -> None:
    client = signed_in(shop.welcome("mei"))

    answers = [client.post("/my/data/show/", {"field": "email"}) for _ in range(61)]

    assert {answer.status_code for answer in answers[:60]} == {200}
    assert answers[60].status_code == 429
    assert "canary" not in answers[60].content.decode()


def test_no_detail_is_opened_while_looks_cannot_be_counted(shop: Shop, valkey_away: None) -> None:
    mei = shop.welcome("mei")

    answer = signed_in(mei).post("/my/data/show/", {"field": "email"})

    assert answer.status_code == 503
    assert "Details cannot be shown right now." in answer.content.decode()
    assert mei.email not in answer.content.decode()


def test_data_shows_even_when_all_use_is_off(shop: Shop) -> None:
    jonas = shop.welcome("jonas", says=dict.fromkeys(EVERYTHING, False))
    shop.sell(jonas, 19.90)

    page = read(signed_in(jonas), "/my/data/")

    assert "j***@example.com" in page
    assert "$19.90" in page


def test_orders_are_paged_and_each_shows_once(shop: Shop) -> None:
    mei = shop.welcome("mei")
    for day in range(23):
        shop.sell(mei, 100 + day, days_ago=day + 1)
    client = signed_in(mei)

    first = read(client, "/my/data/")
    older = first.split('href="/my/data/?before=')[1].split("#orders")[0]
    second = read(client, f"/my/data/?before={older}")

    amounts = [f"${100 + day}.00" for day in range(23)]
    assert [amount for amount in amounts if amount in first] == amounts[:20]
    assert [amount for amount in amounts if amount in second] == amounts[20:]


def test_every_protected_table_is_counted_for_its_owner_alone(shop: Shop) -> None:
    mei, jonas = shop.welcome("mei", says=EVERYTHING), shop.welcome("jonas")
    shop.sell(mei, 10, lines=3)
    shop.sell(jonas, 20)

    with database.door("portal"), subject_window(mei.subject, actor="cust:test"):
        held = {(each.table, each.category): each.count for each in own.holdings(mei.subject)}
        of_jonas = own.holdings(jonas.subject)

    assert held["profiles_purchase", Category.PURCHASE] == 3
    assert held["profiles_profile", Category.IDENTITY] == 1
    assert {table for table, _ in held} <= {m._meta.db_table for m in protected_models()}
    assert of_jonas == []


def test_what_a_former_double_brought_in_counts_too(shop: Shop) -> None:
    priya = shop.welcome("priya")
    call = {"type": "track", "anonymousId": "tablet", "event": "Order Completed"}
    order = {"order_id": "T1", "total": 7, "currency": "USD", "products": []}
    shop.send({**call, "messageId": "t1", "properties": order})
    shop.send({"type": "identify", "userId": priya.user_id, "anonymousId": "tablet"})
    survivor = shop.subject_of("user_id", priya.user_id)

    with database.door("portal"), subject_window(survivor, actor="cust:test"):
        origins = own.origins(survivor)

    assert len(origins) == 2 and survivor in origins


def test_stated_facts_are_shown_in_words(shop: Shop) -> None:
    mei = shop.welcome("mei", age_band="35-44", home_ownership="Homeowner")

    page = read(signed_in(mei), "/my/data/")

    assert "Age band" in page and "35-44" in page
    assert "Home ownership" in page and "Owner" in page


def test_another_customers_data_is_nowhere(shop: Shop) -> None:
    jonas = shop.welcome("jonas", city="Canarytown")
    shop.sell(jonas, 4321.09)
    mei = shop.welcome("mei")
    client = signed_in(mei)

    for url in ("/my/", "/my/data/", "/my/history/?who=all", "/my/scores/", "/my/reasons/"):
        page = read(client, url)
        assert "j***" not in page and "4,321.09" not in page and str(jonas.subject) not in page


def give_results(customer: Customer) -> None:
    """Put a customer in a group and give them a score, as the workers do."""
    with database.as_role(Role.WORKER):
        segment = Segment.objects.create(
            name="Frequent customers", rule={}, created_by="op:test", description="Buys often"
        )
        version = ModelVersion.objects.create(
            model="coupon_response", number=7, as_of=clock.now(), stage="live"
        )
        with purpose("profiling.segmentation", actor="sys:test"):
            Member.objects.create(
                subject_id=customer.subject,
                segment_id=segment.pk,
                entered_at=clock.now(),
                reason=[
                    {"label": {"en": "25 orders this year"}, "truth": True},
                    {"label": {"en": "Never redeemed a coupon"}, "truth": False},
                ],
            )
        with purpose("profiling.scoring", actor="sys:test"):
            Score.objects.create(
                subject_id=customer.subject,
                model="coupon_response",
                version_id=version.pk,
                value=0.29,
                band="high",
                contributions=[
                    {"label": {"en": "Coupons used before", "zh-hans": "用过的券"}, "effect": 0.8},
                    {"label": {"en": "Days since last order"}, "effect": -0.2},
                ],
                as_of=clock.now(),
                expires_at=clock.now() + timedelta(days=30),
            )


def test_groups_and_scores_are_told_in_words_with_what_weighed(shop: Shop) -> None:
    mei = shop.welcome("mei", says=EVERYTHING)
    give_results(mei)

    page = read(signed_in(mei), "/my/scores/")

    assert "Frequent customers" in page
    assert "25 orders this year" in page and "Never redeemed a coupon" not in page
    assert "29 of 100" in page
    assert "Coupons used before (" in page
    assert "Days since last order (" in page
    assert "version 7" in page


def test_switching_profiling_off_deletes_what_it_worked_out(shop: Shop) -> None:
    mei = shop.welcome("mei", says=EVERYTHING)
    give_results(mei)
    client = signed_in(mei)

    client.post("/my/permissions/profiling.segmentation/", {"to": "off"})
    client.post("/my/permissions/profiling.scoring/", {"to": "off"})

    assert "We have worked out nothing about you." in read(client, "/my/scores/")


def test_the_overview_sums_it_up(shop: Shop) -> None:
    mei = shop.welcome("mei", says=EVERYTHING)
    shop.sell(mei, 10)
    shop.sell(mei, 11, lines=4)

    page = read(signed_in(mei), "/my/")

    assert "Marketing by e-mail" in page
    assert "<dt>Orders and coupons</dt><dd>2</dd>" in page


@pytest.mark.parametrize(
    "url",
    [
        "/my/",
        "/my/permissions/",
        "/my/reasons/",
        f"/my/reasons/{uuid7()}/",
        "/my/history/",
        "/my/history/1/proof/",
        "/my/data/",
        "/my/scores/",
    ],
)
def test_every_page_sends_strangers_to_the_sign_in(shop: Shop, url: str) -> None:
    answer = Client().get(url)

    assert (answer.status_code, answer["Location"]) == (303, "/my/signin/")
    assert Client().get(url, headers={"HX-Request": "true"})["HX-Redirect"] == "/my/signin/"


def test_a_detail_that_cannot_be_decrypted_says_so_and_offers_nothing_to_show(shop: Shop) -> None:
    mei = shop.welcome("mei", phone="+8613800138000")
    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute(
            "UPDATE profiles_vaultvalue SET sealed = %s WHERE subject_id = %s AND field = 'email'",
            [b"\x01" + bytes(40), mei.subject],
        )

    page = read(signed_in(mei), "/my/data/")

    assert "This cannot be decrypted." in page
    assert "+86 138****8000" in page
    assert 'name="field" value="email"' not in page
    assert 'name="field" value="phone"' in page
