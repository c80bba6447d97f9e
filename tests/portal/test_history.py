"""Who used my data: in words, filtered, with a proof for every entry that is one's own."""

import re

import pytest
from django.test import Client

from audit import signing
from audit.actors import Actor
from audit.inbox import record
from audit.proofs import verify_proof
from cdp.kernel import database
from cdp.kernel.identifiers import uuid7
from cdp.kernel.roles import Role
from consent import explanations
from consent.explanations import Draft
from consent.models import Explanation
from consent.window import purpose, subject_window
from profiles.records.models import Profile
from profiles.vault import open as vault
from tests.people import EVERYTHING, Customer, Shop
from tests.portal.conftest import seal_log, signed_in

pytestmark = pytest.mark.django_db

STAFF = Actor.operator(uuid7())


def rows(client: Client, query: str = "") -> list[str]:
    """Return the timeline's lines, without markup."""
    page = client.get(f"/my/history/{query}").content.decode()
    found = re.findall(r"<li>(.*?)</li>", page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in found]


def proofs(client: Client) -> list[str]:
    """Return the addresses of the proofs offered."""
    return re.findall(r'"(/my/history/\d+/proof/)"', client.get("/my/history/").content.decode())


def staff_opens(customer: Customer) -> None:
    """Let an operator look at a customer's phone number."""
    with database.as_role(Role.WEB), purpose("support", actor=STAFF):
        vault.open([customer.subject], ["email"], actor=STAFF, reason="order")


def test_a_run_over_everybody_is_told_with_its_purpose(shop: Shop) -> None:
    mei = shop.welcome("mei", says=EVERYTHING)
    with database.as_role(Role.WORKER), purpose("marketing.email", actor="job:campaign/1"):
        assert Profile.objects.filter(subject_id=mei.subject).exists()

    told = rows(signed_in(mei))

    assert any("Marketing by e-mail" in row and "our computers" in row for row in told)


def test_a_run_that_the_person_refused_is_not_told_as_a_use(shop: Shop) -> None:
    jonas = shop.welcome("jonas", says={"marketing.email": False})
    with database.as_role(Role.WORKER), purpose("marketing.email", actor="job:campaign/1"):
        assert not Profile.objects.filter(subject_id=jonas.subject).exists()

    assert not any("Marketing by e-mail" in row for row in rows(signed_in(jonas)))


def test_an_opened_detail_is_told_without_naming_the_operator(shop: Shop) -> None:
    mei = shop.welcome("mei")
    staff_opens(mei)
    seal_log()

    told = rows(signed_in(mei))

    assert any("contact details of yours" in row.lower() and "our staff" in row for row in told)
    assert not any(STAFF.name in row for row in told)


def test_people_and_machines_are_told_apart(shop: Shop) -> None:
    mei = shop.welcome("mei", says=EVERYTHING)
    staff_opens(mei)
    with database.as_role(Role.WORKER), purpose("marketing.email", actor="job:campaign/1"):
        Profile.objects.count()
    seal_log()
    client = signed_in(mei)

    people, machines = rows(client, "?who=people"), rows(client, "?who=machines")

    assert people and all("our staff" in row for row in people)
    assert machines and not any("our staff" in row or "by you" in row for row in machines)


def test_ones_own_visits_are_left_out_until_asked_for(shop: Shop) -> None:
    client = signed_in(shop.welcome("mei"))
    client.get("/my/")

    assert not any("You looked at your own data" in row for row in rows(client))
    assert any("You looked at your own data" in row for row in rows(client, "?who=all"))


def test_the_overview_tells_of_others_however_often_the_person_looks(shop: Shop) -> None:
    mei = shop.welcome("mei")
    staff_opens(mei)
    client = signed_in(mei)
    for _ in range(25):
        client.get("/my/reasons/")

    page = client.get("/my/").content.decode()

    assert "our staff" in page
    assert "Nobody has used your data so far." not in page


def test_a_proof_of_ones_own_entry_verifies(shop: Shop) -> None:
    mei = shop.welcome("mei")
    staff_opens(mei)
    seal_log()
    client = signed_in(mei)

    url = proofs(client)[0]
    answer = client.get(url)

    proved = verify_proof(answer.content.decode(), signing.vkey())
    assert f"/my/history/{proved.index}/proof/" == url
    assert answer["Content-Disposition"] == (
        f'attachment; filename="entry-{proved.index}.tlog-proof"'
    )


def test_another_persons_entry_is_not_found(shop: Shop) -> None:
    """Case 30: another customer's proof is 404."""
    mei, jonas = shop.welcome("mei"), shop.welcome("jonas")
    staff_opens(jonas)
    seal_log()

    theirs = proofs(signed_in(jonas))
    assert theirs

    assert {signed_in(mei).get(url).status_code for url in theirs} == {404}
    assert not set(theirs) & set(proofs(signed_in(mei)))


def test_paging_reaches_every_entry_once(shop: Shop) -> None:
    mei = shop.welcome("mei")
    with database.as_role(Role.WEB):
        for number in range(90):
            record(STAFF, "vault.open", subject=mei.subject, obj=f"order:{number}")
    seal_log()
    client = signed_in(mei)

    seen: list[str] = []
    query = "?who=people"
    while query:
        page = client.get(f"/my/history/{query}").content.decode()
        seen += re.findall(r'"/my/history/(\d+)/proof/"', page)
        older = re.search(r'href="/my/history/(\?[^"]*after=[^"]+)"', page)
        query = older[1].replace("&amp;", "&") if older else ""

    assert len(seen) == len(set(seen)) == 90


def explain(customer: Customer) -> Explanation:
    """Keep the reasons for a message, as the delivery does."""
    draft = Draft(
        subject=customer.subject,
        kind="message",
        ref="campaign:1",
        purpose="marketing.email",
        basis="A6-1-a",
        title="Autumn tea",
        rule_plain={"en": "You bought tea this year.", "zh-hans": "您今年购买过茶叶。"},
        facts=[{"category": 3, "label": {"en": "4 orders of tea"}, "source": "orders"}],
        choice={"audience": {"en": "People who buy tea"}},
    )
    with database.as_role(Role.WORKER):
        explanations.write_many([draft])
    with database.door("portal"), subject_window(customer.subject, actor="cust:test"):
        return explanations.of_subject(customer.subject)[0]


def test_the_reasons_of_a_message_are_shown_as_they_were_kept(shop: Shop) -> None:
    mei = shop.welcome("mei", says=EVERYTHING)
    kept = explain(mei)
    client = signed_in(mei)

    listed = client.get("/my/reasons/").content.decode()
    page = client.get(f"/my/reasons/{kept.pk}/").content.decode()

    assert f"/my/reasons/{kept.pk}/" in listed and "Autumn tea" in listed
    assert "You bought tea this year." in page
    assert "4 orders of tea" in page and "Orders and coupons" in page
    assert "People who buy tea" in page


def test_a_reason_offers_the_switch_that_stops_it(shop: Shop) -> None:
    mei = shop.welcome("mei", says=EVERYTHING)
    kept = explain(mei)
    client = signed_in(mei)
    url = f"/my/reasons/{kept.pk}/"
    assert "Stop: Marketing by e-mail" in client.get(url).content.decode()

    client.post("/my/permissions/marketing.email/", {"to": "off"})

    assert "This is off now." in client.get(url).content.decode()


def test_another_persons_reasons_are_not_found(shop: Shop) -> None:
    mei, jonas = shop.welcome("mei", says=EVERYTHING), shop.welcome("jonas")
    kept = explain(mei)

    assert signed_in(jonas).get(f"/my/reasons/{kept.pk}/").status_code == 404
