"""Computed traits: the figures of one person, and of everybody against brute force."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid5

import pytest

from audit.actors import Actor
from cdp.kernel import clock, database, jobs
from cdp.kernel.models import JobRun
from cdp.kernel.protected import Category
from cdp.kernel.roles import Role
from consent import ledger
from consent.models import DataUse
from consent.window import purpose, subject_window
from profiles.traits import tasks
from profiles.traits.computed import TraitRun, compute
from profiles.traits.definitions import DEFINITIONS, Kind
from profiles.traits.models import ComputedTrait
from tests.people import EVERYTHING, Customer, Shop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

TEST = Actor.system("test")


def computed(**more: Any) -> TraitRun:
    return compute(as_of=clock.now(), actor=TEST, **more)


def traits_of(customer: Customer) -> dict[str, Any]:
    """Return a person's stored traits, whoever permits it, by key."""
    return stored().get(customer.subject, {})


def stored() -> dict[UUID, dict[str, Any]]:
    found: dict[UUID, dict[str, Any]] = defaultdict(dict)
    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute("SELECT subject_id, key, number, text, items, at FROM profiles_computedtrait")
        for subject, key, *columns in sql.fetchall():
            (value,) = [column for column in columns if column is not None]
            found[subject][key] = value
    return dict(found)


def line(department: str, total: float, **more: Any) -> dict[str, Any]:
    return {"product_id": "p", "department": department, "brand": "National", "quantity": 1,
            "total": total, **more}  # fmt: skip


def sell(shop: Shop, customer: Customer, *lines: Mapping[str, Any], days_ago: float) -> None:
    """Sell one order of several lines."""
    at = clock.now() - timedelta(days=days_ago)
    order = str(uuid5(UUID(int=1), f"{customer.user_id}{at}{lines}"))
    shop.send(
        {
            "type": "track",
            "event": "Order Completed",
            "userId": customer.user_id,
            "messageId": order,
            "timestamp": at.isoformat(),
            "properties": {
                "order_id": order,
                "total": sum(each["total"] for each in lines),
                "currency": "USD",
                "products": list(lines),
            },
        }
    )


@pytest.fixture
def mei(shop: Shop) -> Customer:
    """Mei with four orders over a year and a redeemed coupon."""
    mei = shop.welcome("mei", says=EVERYTHING)
    sell(shop, mei, line("MEAT", 20), line("GROCERY", 5, brand="Private"), days_ago=400)
    sell(shop, mei, line("MEAT", 30), line("GROCERY", 5), days_ago=100)
    sell(shop, mei, line("GROCERY", 2), line("COUPON/MISC ITEMS", 40), days_ago=20)
    sell(shop, mei, line("DELI", 1.5, quantity=0), line("COUPON/MISC ITEMS", 8), days_ago=10)
    shop.happens(mei, "Coupon Redeemed", days_ago=9, coupon_id="c")
    shop.happens(mei, "Campaign Received", days_ago=1, campaign_id="c")
    return mei


def test_the_figures_of_one_person(mei: Customer) -> None:
    computed()

    found = traits_of(mei)

    assert found["orders"] == 4
    assert found["spend_minor"] == 11_150
    assert found["spend_90d_minor"] == 5_150
    assert found["average_order_minor"] == 2_787.5
    assert found["first_order_at"] == clock.now() - timedelta(days=400)
    assert found["last_order_at"] == clock.now() - timedelta(days=10)
    assert found["last_seen_at"] == clock.now() - timedelta(days=9)
    assert found["coupons_redeemed"] == 1
    assert (found["rfm_recency_days"], found["rfm_frequency"]) == (10, 3)
    assert found["rfm_monetary_minor"] == 8_650


def test_favorites_count_orders_leave_fuel_out_and_need_two_of_them(mei: Customer) -> None:
    computed()

    found = traits_of(mei)

    # grocery is on three orders, meat on two; the deli line of quantity 0 is money alone
    assert found["favorite_departments"] == ["GROCERY", "MEAT"]
    assert found["favorite_department"] == "GROCERY"
    assert found["favorite_brands"] == ["National"]


def test_every_stored_trait_is_in_the_catalogue_under_its_kind(mei: Customer) -> None:
    computed()

    kinds = {Kind.NUMBER: float, Kind.TEXT: str, Kind.ITEMS: list, Kind.MOMENT: datetime}
    found = traits_of(mei)
    assert found.keys() == DEFINITIONS.keys()
    for key, value in found.items():
        assert isinstance(value, kinds[DEFINITIONS[key].kind])


def test_somebody_without_an_order_has_zeros_and_no_rfm(shop: Shop, mei: Customer) -> None:
    noor = shop.welcome("noor", says=EVERYTHING)

    computed()

    assert traits_of(noor) == {
        "orders": 0, "spend_minor": 0, "spend_90d_minor": 0, "coupons_redeemed": 0,
    }  # fmt: skip


def test_who_refused_profiling_has_no_traits_and_is_not_in_the_cut_points(
    shop: Shop, mei: Customer
) -> None:
    jonas = shop.welcome("jonas", says={**EVERYTHING, "profiling.segmentation": False})
    sell(shop, jonas, line("MEAT", 9_000), days_ago=3)

    run = computed()

    assert stored().keys() == {mei.subject}
    assert (run.people, run.cuts.people, run.cuts.monetary_mean) == (1, 1, 8_650)


def test_who_refuses_such_results_is_left_out_and_the_others_are_not(
    shop: Shop, mei: Customer
) -> None:
    sofia = shop.welcome("sofia", says=EVERYTHING)
    with (
        database.as_role(Role.PORTAL),
        subject_window(sofia.subject, actor=Actor.customer(sofia.subject)),
    ):
        ledger.set_category(
            sofia.subject,
            category=Category.INFERRED,
            allowed=False,
            actor=Actor.customer(sofia.subject),
        )

    run = computed()

    assert run.refused == 1
    assert stored().keys() == {mei.subject}


def test_withdrawing_deletes_the_traits(shop: Shop, mei: Customer) -> None:
    computed()

    shop.hear(mei, {"profiling.segmentation": False})

    assert stored() == {}


def test_a_later_run_replaces_what_changed_and_removes_what_is_gone(
    shop: Shop, mei: Customer
) -> None:
    computed()
    later = clock.now() + timedelta(days=400)

    with clock.stopped(later):
        run = compute(as_of=later, actor=TEST)

    found = traits_of(mei)
    assert run.removed == 8  # rfm: three figures, three scores, the code and the cell
    assert "rfm" not in found
    assert found["spend_90d_minor"] == 0
    assert found["orders"] == 4


def test_an_older_moment_never_overwrites_a_newer_one(mei: Customer) -> None:
    computed()
    before = stored()

    compute(as_of=clock.now() - timedelta(days=50), actor=TEST)

    assert stored() == before


def test_small_sets_give_the_same_traits(shop: Shop, mei: Customer) -> None:
    for number in range(5):
        other = shop.welcome(f"other-{number}", says=EVERYTHING)
        sell(shop, other, line("MEAT", number * 3), days_ago=number + 2)
    computed()
    at_once = stored()

    computed(chunk_people=2)

    assert stored() == at_once
    assert len(at_once) == 6


def test_a_run_is_recorded_as_a_use(mei: Customer) -> None:
    computed()

    use = DataUse.objects.get(act="compute_traits")

    assert (use.purpose_key, use.scope, use.people) == ("profiling.segmentation", "open", 1)


def test_a_job_run_keeps_the_cut_points(shop: Shop, mei: Customer) -> None:
    run = tasks.start_traits(actor=TEST)

    tasks.compute_traits(run_id=str(run.pk), workspace_id=str(shop.workspace.pk))

    done = jobs.find(run.pk)
    assert (done.state, done.done, done.total) == (JobRun.State.SUCCEEDED, 1, 1)
    assert done.result["people"] == 1
    assert done.result["cuts"]["frequency"] == [3.0, 3.0, 3.0, 3.0]
    assert str(mei.subject) not in str(done.result)


def test_an_hour_has_one_run(shop: Shop) -> None:
    tasks.compute_due()
    tasks.compute_due()

    assert JobRun.objects.filter(kind="compute_traits").count() == 1


def test_traits_are_seen_under_the_purpose_alone(mei: Customer) -> None:
    computed()

    with purpose("profiling.segmentation", actor=TEST):
        seen = ComputedTrait.objects.count()
    with purpose("marketing.email", actor=TEST):
        hidden = ComputedTrait.objects.count()

    assert (seen, hidden) == (len(DEFINITIONS), 0)


# ── RFM against brute force ─────────────────────────────────────────────────────────────────


def cut(values: list[float], share: float) -> float:
    """Return a quantile by linear interpolation."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def score(value: float, everybody: list[float]) -> int:
    """Return 1 to 5: one more than the cut points strictly below."""
    return 1 + sum(cut(everybody, share) < value for share in (0.2, 0.4, 0.6, 0.8))


def test_the_score_of_the_reference_vector() -> None:
    vector = [1.0, 2, 2, 2, 5, 7, 9, 9, 10, 12]

    assert [score(value, vector) for value in vector] == [1, 1, 1, 1, 3, 3, 4, 4, 5, 5]


def test_rfm_equals_brute_force(shop: Shop) -> None:
    random = Random(3)
    bought: dict[UUID, list[tuple[int, int]]] = {}
    for number in range(23):
        customer = shop.welcome(f"buyer-{number}", says=EVERYTHING)
        orders = [
            (random.choice((1, 2, 2, 5, 30, 90)), random.choice((100, 250, 250, 9_999)))
            for _ in range(random.choice((1, 1, 2, 3)))
        ]
        for days_ago, cents in orders:
            sell(shop, customer, line("MEAT", cents / 100), days_ago=days_ago + random.random() / 4)
        bought[customer.subject] = orders

    run = computed()

    r = {who: float(min(days for days, _ in orders)) for who, orders in bought.items()}
    f = {who: float(len(orders)) for who, orders in bought.items()}
    m = {who: float(sum(cents for _, cents in orders)) for who, orders in bought.items()}
    found = stored()
    for who in bought:
        mine = found[who]
        assert (mine["rfm_recency_days"], mine["rfm_frequency"]) == (r[who], f[who])
        assert mine["rfm_monetary_minor"] == m[who]
        expected = (
            6 - score(r[who], list(r.values())),
            score(f[who], list(f.values())),
            score(m[who], list(m.values())),
        )
        assert (mine["rfm_r"], mine["rfm_f"], mine["rfm_m"]) == expected
        assert mine["rfm"] == "".join(map(str, expected))
        assert mine["rfm_cell"] == cell(r, f, m, who)
    assert run.cuts.people == len(bought)
    assert run.cuts.monetary_minor == tuple(
        pytest.approx(cut(list(m.values()), share)) for share in (0.2, 0.4, 0.6, 0.8)
    )


def cell(r: dict[UUID, float], f: dict[UUID, float], m: dict[UUID, float], who: UUID) -> str:
    """Return the group by the table of the definition, written out."""
    people = len(r)
    recent = r[who] * people <= sum(r.values())
    often = f[who] * people > sum(f.values())
    much = m[who] * people > sum(m.values())
    part = {True: "important", False: "general"}[much]
    kind = {
        (True, True): "value",
        (True, False): "development",
        (False, True): "keep",
        (False, False): "win_back",
    }[recent, often]
    return f"{part}_{kind}"
