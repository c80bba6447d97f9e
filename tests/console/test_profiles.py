"""Profiles: people by facts, one person's record, and looking at a value on the record."""

import pytest
from django.test import Client
from django.urls import reverse

from cdp.console import contact
from cdp.kernel import database
from cdp.kernel.roles import Role
from profiles.vault import index
from tests.people import EVERYTHING, Customer, Shop


@pytest.fixture
def mei(shop: Shop) -> Customer:
    mei = shop.welcome("mei", says=EVERYTHING, phone="+8613800138000")
    shop.sell(mei, 120.0, days_ago=3)
    return mei


@pytest.fixture
def jonas(shop: Shop) -> Customer:
    jonas = shop.welcome("jonas", says=dict.fromkeys(EVERYTHING, False))
    shop.sell(jonas, 80.0, days_ago=2)
    return jonas


def entries(act: str) -> list[tuple[str, str]]:
    """Return (subject, detail) of the entries of an act that wait for the sequencer."""
    with database.as_role(Role.AUDIT), database.cursor() as sql:
        sql.execute("SELECT subject::text, detail FROM audit_inbox WHERE act = %s", [act])
        return list(sql.fetchall())


def test_the_list_shows_those_who_permit_groups_and_nobody_else(
    alice: Client, mei: Customer, jonas: Customer
) -> None:
    page = alice.get(reverse("console:profiles")).content.decode()

    assert str(mei.subject) in page
    assert str(jonas.subject) not in page


def test_no_list_and_no_profile_shows_contact_data_to_a_marketer(
    alice: Client, mei: Customer
) -> None:
    pages = [
        alice.get(reverse("console:profiles")).content.decode(),
        alice.get(reverse("console:profile", args=[mei.subject])).content.decode(),
    ]

    assert all("canary" not in page and "Canary" not in page for page in pages)
    assert all("m***@example.com" not in page for page in pages)
    assert alice.get(reverse("console:profile_contact", args=[mei.subject])).status_code == 403


def test_a_person_who_refused_groups_does_not_exist_for_a_marketer(
    alice: Client, mei: Customer, jonas: Customer
) -> None:
    seen = alice.get(reverse("console:profile", args=[mei.subject]))
    hidden = alice.get(reverse("console:profile", args=[jonas.subject]))

    assert (seen.status_code, hidden.status_code) == (200, 404)


def test_customer_care_sees_masked_values_of_everybody(sam: Client, jonas: Customer) -> None:
    page = sam.get(reverse("console:profile", args=[jonas.subject])).content.decode()

    assert "j***@example.com" in page
    assert jonas.email not in page


TABS = (
    "timeline", "traits", "identifiers", "scores", "segments", "messages", "permissions", "uses",
)  # fmt: skip


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_opens_for_care_and_for_marketing(
    sam: Client, alice: Client, mei: Customer, tab: str
) -> None:
    url = reverse("console:profile_tab", args=[mei.subject, tab])

    assert (sam.get(url).status_code, alice.get(url).status_code) == (200, 200)


def test_the_timeline_shows_an_order_with_its_amount(sam: Client, mei: Customer) -> None:
    page = sam.get(reverse("console:profile", args=[mei.subject])).content.decode()

    assert ">Order<" in page
    assert "$120.00" in page


def test_an_exact_address_leads_to_the_person_and_stays_out_of_every_url(
    sam: Client, mei: Customer
) -> None:
    answer = sam.post(
        reverse("console:profile_find"),
        {"kind": "email", "value": f"  {mei.email.upper()} ", "reason": "order 8812"},
    )

    assert answer.status_code == 302
    assert answer["Location"] == reverse("console:profile", args=[mei.subject])
    assert [subject for subject, _ in entries("profile.find")] == [str(mei.subject)]


@pytest.mark.parametrize(("kind", "value"), [("phone", "+86 138 0013 8000"), ("user_id", "mei-1")])
def test_other_identifiers_lead_there_too(
    sam: Client, mei: Customer, kind: str, value: str
) -> None:
    answer = sam.post(
        reverse("console:profile_find"), {"kind": kind, "value": value, "reason": "order 8812"}
    )

    assert answer["Location"] == reverse("console:profile", args=[mei.subject])


def test_nobody_found_is_on_record_without_the_value(sam: Client, mei: Customer) -> None:
    answer = sam.post(
        reverse("console:profile_find"),
        {"kind": "email", "value": "nobody.canary@example.com", "reason": "order 8812"},
    )

    assert answer.status_code == 422
    assert entries("profile.find") == [(None, '{"by":"email"}')]


def test_what_is_no_address_is_said_so_and_a_reason_is_asked_for(
    sam: Client, mei: Customer
) -> None:
    unreadable = sam.post(
        reverse("console:profile_find"), {"kind": "email", "value": "mei", "reason": "order 8812"}
    )
    unexplained = sam.post(
        reverse("console:profile_find"), {"kind": "email", "value": mei.email, "reason": ""}
    )

    assert "looks like name@example.com" in unreadable.content.decode()
    assert unexplained.status_code == 422
    assert entries("profile.find") == []


def test_looking_at_a_value_needs_a_reason_and_is_on_record(sam: Client, mei: Customer) -> None:
    url = reverse("console:profile_contact", args=[mei.subject])

    without = sam.post(url, {"field": "email", "reason": ""}, headers={"HX-Request": "true"})
    with_reason = sam.post(
        url, {"field": "email", "reason": "order 8812"}, headers={"HX-Request": "true"}
    )

    assert without.status_code == 422
    assert mei.email not in without.content.decode()
    assert mei.email in with_reason.content.decode()
    assert with_reason["Cache-Control"] == "no-store"
    told = [detail for subject, detail in entries("vault.open") if "order 8812" in detail]
    assert told == ['{"fields":"email","reason":"order 8812"}']


def test_only_the_field_asked_for_is_shown(sam: Client, mei: Customer) -> None:
    url = reverse("console:profile_contact", args=[mei.subject])

    shown = sam.post(
        url, {"field": "phone", "reason": "order 8812"}, headers={"HX-Request": "true"}
    ).content.decode()

    assert "+8613800138000" in shown
    assert mei.email not in shown


def test_after_a_minute_the_page_asks_for_the_masked_value_again(
    sam: Client, mei: Customer
) -> None:
    url = reverse("console:profile_contact", args=[mei.subject])

    shown = sam.post(
        url, {"field": "email", "reason": "order 8812"}, headers={"HX-Request": "true"}
    ).content.decode()
    masked = sam.get(url, headers={"HX-Request": "true"}).content.decode()

    assert f'hx-trigger="load delay:{contact.SHOWN_SECONDS}s"' in shown
    assert mei.email not in masked


def test_sixty_values_an_hour_and_no_more(
    sam: Client, mei: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = reverse("console:profile_contact", args=[mei.subject])
    few = contact.limits.Limit("reveal.operator", 2, contact.REVEALS.window)
    monkeypatch.setattr(contact, "REVEALS", few)
    ask = {"field": "email", "reason": "order 8812"}

    statuses = [sam.post(url, ask, headers={"HX-Request": "true"}).status_code for _ in range(3)]

    assert statuses == [200, 200, 422]


def test_who_looked_shows_up_among_the_person_s_uses(sam: Client, mei: Customer) -> None:
    sam.get(reverse("console:profile", args=[mei.subject]))

    page = sam.get(reverse("console:profile_tab", args=[mei.subject, "uses"])).content.decode()

    assert "saw the timeline" in page


def test_the_blind_index_is_the_intake_s_own(shop: Shop, mei: Customer) -> None:
    assert index.blind("email", mei.email) == index.blind("email", mei.email.upper())


def test_a_reason_may_not_itself_hold_an_address(sam: Client, mei: Customer) -> None:
    url = reverse("console:profile_contact", args=[mei.subject])

    answer = sam.post(url, {"field": "phone", "reason": "asked by x.canary@example.com"})

    assert answer.status_code == 422
    assert "Name the order or the ticket" in answer.content.decode()
    with database.as_role(Role.AUDIT), database.cursor() as sql:
        sql.execute("SELECT count(*) FROM audit_inbox WHERE detail LIKE '%%canary@%%'")
        assert sql.fetchone() == (0,)


def test_a_value_that_cannot_be_decrypted_says_so_and_the_others_are_shown(
    sam: Client, jonas: Customer
) -> None:
    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute(
            "UPDATE profiles_vaultvalue SET sealed = %s WHERE subject_id = %s AND field = 'email'",
            [b"\x01" + bytes(40), jonas.subject],
        )

    page = sam.get(reverse("console:profile", args=[jonas.subject])).content.decode()

    assert "Cannot be decrypted" in page
    assert "J***" in page
    assert '<option value="email">' not in page


def test_customer_care_is_refused_a_value_that_its_purpose_does_not_cover(
    sam: Client, shop: Shop, jonas: Customer
) -> None:
    shop.send({"type": "identify", "userId": jonas.user_id, "traits": {"ip": "203.0.113.195"}})
    url = reverse("console:profile_contact", args=[jonas.subject])

    page = sam.get(reverse("console:profile", args=[jonas.subject])).content.decode()
    answer = sam.post(url, {"field": "ip_address", "reason": "order 8812"})

    assert "203." not in page
    assert answer.status_code == 422
    assert "may not see this kind of value" in answer.content.decode()


def test_a_field_that_there_is_none_of_is_not_found(sam: Client, jonas: Customer) -> None:
    url = reverse("console:profile_contact", args=[jonas.subject])

    answer = sam.post(url, {"field": "shoe_size", "reason": "order 8812"})

    assert answer.status_code == 404
