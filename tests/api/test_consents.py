"""Consents through the API: standing read, statements relayed, in force at once."""

from typing import Any
from uuid import uuid4

import pytest

from cdp.kernel import clock, database
from cdp.kernel.roles import Role
from consent.models import ConsentRecord
from consent.window import purpose
from profiles.models import Profile
from tests.api.conftest import Caller
from tests.people import EVERYTHING, Customer, Shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def sofia(shop: Shop) -> Customer:
    return shop.welcome("sofia", says=EVERYTHING)


def permits(customer: Customer, key: str) -> bool:
    with purpose(key, actor="job:test/1"):
        return Profile.objects.filter(subject_id=customer.subject).exists()


def standing(caller: Caller, customer: Customer, key: str) -> dict[str, Any]:
    found = caller.get(f"/api/v1/subjects/{customer.subject}/consents")
    assert found.status == 200
    return next(each for each in found.body["data"] if each["purpose"] == key)


def test_a_withdrawal_is_in_force_with_the_answer(caller: Caller, sofia: Customer) -> None:
    assert permits(sofia, "marketing.email")

    answer = caller.post(
        f"/api/v1/subjects/{sofia.subject}/withdrawals", {"purpose": "marketing.email"}
    )

    assert answer.status == 201
    assert (answer.body["on"], answer.body["state"]) == (False, "withdrawn")
    assert not permits(sofia, "marketing.email")
    assert standing(caller, sofia, "marketing.email")["method"] == "api"


def test_a_grant_switches_on_and_is_a_statement_of_its_own(caller: Caller, sofia: Customer) -> None:
    path = f"/api/v1/subjects/{sofia.subject}"
    caller.post(f"{path}/withdrawals", {"purpose": "marketing.email"})

    answer = caller.post(f"{path}/grants", {"purpose": "marketing.email", "language": "zh-hans"})

    assert answer.body["on"] is True
    assert permits(sofia, "marketing.email")
    said = ConsentRecord.objects.filter(subject_id=sofia.subject, method="api")
    assert list(said.order_by("received_at").values_list("state", "language")) == [
        ("withdrawn", "en"),
        ("granted", "zh-hans"),
    ]


def test_a_refusal_elsewhere_survives_a_fold_through_the_api(caller: Caller, shop: Shop) -> None:
    """Found once: a fold that sees only part of a merged person loses the other part's no."""
    priya = shop.welcome("priya")
    device = {"anonymousId": f"device-{uuid4()}"}
    shop.send({"type": "page", "name": "Home", **device})
    shop.send(
        {
            "type": "track",
            "event": "Segment Consent Preference Updated",
            "messageId": str(uuid4()),
            "context": {"consent": {"categoryPreferences": {"marketing.email": False}}},
            **device,
        },
        through=shop.preferences,
    )
    shop.hear(priya, {"marketing.email": True})
    shop.send({"type": "identify", "userId": priya.user_id, **device})
    kept = shop.subject_of("user_id", priya.user_id)
    before = standing(caller, Customer(kept, "", ""), "marketing.email")["on"]

    caller.post(f"/api/v1/subjects/{kept}/withdrawals", {"purpose": "recommend"})

    assert before is False
    assert standing(caller, Customer(kept, "", ""), "marketing.email")["on"] is False


def test_what_a_person_cannot_switch_is_refused(caller: Caller, sofia: Customer) -> None:
    path = f"/api/v1/subjects/{sofia.subject}/withdrawals"

    by_law = caller.post(path, {"purpose": "legal"})
    unknown = caller.post(path, {"purpose": "no.such"})
    extra = caller.post(path, {"purpose": "recommend", "said_at": "2020-01-01T00:00:00Z"})

    assert (by_law.status, by_law.body["code"]) == (409, "not_switchable")
    assert (unknown.status, unknown.body["code"]) == (400, "unknown_purpose")
    assert (extra.status, extra.body["errors"][0]["pointer"]) == (400, "/said_at")
    assert not ConsentRecord.objects.filter(subject_id=sofia.subject, method="api").exists()


def test_nobody_is_made_up_by_a_statement(caller: Caller, shop: Shop) -> None:
    stranger = uuid4()

    answer = caller.post(f"/api/v1/subjects/{stranger}/grants", {"purpose": "marketing.email"})

    assert answer.status == 404
    assert caller.get(f"/api/v1/subjects/{stranger}/consents").status == 404
    assert not ConsentRecord.objects.filter(subject_id=stranger).exists()


def test_the_statement_is_on_the_record_as_the_keys(caller: Caller, sofia: Customer) -> None:
    caller.post(f"/api/v1/subjects/{sofia.subject}/withdrawals", {"purpose": "recommend"})

    with database.as_role(Role.AUDIT), database.cursor() as sql:
        sql.execute("SELECT split_part(actor, ':', 1) FROM audit_inbox WHERE subject = %s AND "
                    "act = 'consent.withdraw'", [sofia.subject])  # fmt: skip
        assert sql.fetchall() == [("key",)]
    assert ConsentRecord.objects.get(method="api").said_at <= clock.now()
