"""What people do in the stories, in their own words, through the doors alone."""

import re
from uuid import UUID

from tests.stories.house import Answer, House, Visitor, eventually

SPENT_OVER_10 = {
    "0-kind": "event", "0-event": "Order Completed", "0-measure": "sum", "0-days": "90",
    "0-op": "gt", "0-value": "10",
}  # fmt: skip
LETTER = {
    "subject_en": "{{ first_name | default: 'Hello' }}, something new",
    "body_en": "Hello {{ first_name | default: 'there' }}, look: https://shop.example/new\n",
}


def makes_segment(house: House, operator: Visitor, name: str) -> UUID:
    """Build a segment in the console and wait until a worker has filled it."""
    answer = operator.post(
        "/console/segments/new/",
        {"act": "save", "name": name, "match": "all", **SPENT_OVER_10},
    )
    found = re.search(r"/console/segments/([0-9a-f-]{36})/", answer.text)
    assert answer.status == 200 and found, answer.text[:3000]
    segment = UUID(found[1])
    eventually(
        lambda: (
            house.ask("SELECT size FROM profiles_segment WHERE id = %s", segment)[0][0] is not None
        ),
        why="the segment is not refreshed",
        seconds=120,
    )
    return segment


def plans_campaign(house: House, operator: Visitor, name: str, segment: UUID) -> UUID:
    """Write a campaign by e-mail to a segment; it stays a draft."""
    form = {
        "name": name, "segment": str(segment), "purpose": "marketing.email", "template": "new",
        **LETTER,
    }  # fmt: skip
    answer = operator.post("/console/campaigns/new/", form)
    found = re.search(r"/console/campaigns/([0-9a-f-]{36})/", answer.text)
    assert answer.status == 200 and found, answer.text[:3000]
    return UUID(found[1])


def launches(house: House, operator: Visitor, campaign: UUID) -> None:
    """Press “Launch”."""
    page = f"/console/campaigns/{campaign}/"
    answer = operator.post(f"{page}launch/", page=page)
    assert answer.status == 200, answer.text[:3000]


def plans_export(house: House, operator: Visitor, segment: UUID, **given: object) -> UUID:
    """Plan an export of addresses and wait until a worker has counted it."""
    form = {
        "segment": str(segment), "purpose": "marketing.email", "contact": ["contact.email"],
        "recipient": "Print shop", "reason": "catalog 2026", **given,
    }  # fmt: skip
    answer = operator.post("/console/exports/new/", form)
    found = re.search(r"/console/exports/([0-9a-f-]{36})/", answer.text)
    assert answer.status == 200 and found, answer.text[:3000]
    export = UUID(found[1])
    becomes(house, export, "counted")
    return export


def becomes(house: House, export: UUID, state: str) -> None:
    """Wait until an export is in a state."""
    eventually(
        lambda: house.ask("SELECT state FROM profiles_export WHERE id = %s", export) == [(state,)],
        why=f"the export does not become {state}",
        seconds=120,
    )


def presses(operator: Visitor, path: str, *, page: str, **form: str) -> Answer:
    """Press a button of a console page."""
    answer = operator.post(path, form, page=page)
    assert answer.status == 200, answer.text[:3000]
    return answer


def signs_in(house: House, email: str) -> Visitor:
    """Ask for a link in the portal and type the code from the letter."""
    customer = house.visitor()
    before = len(_codes(house, email))
    answer = customer.post("/my/signin/", {"email": email})
    assert answer.status == 200
    eventually(lambda: len(_codes(house, email)) > before, why="no sign-in letter came")
    answer = customer.post("/my/enter/", {"code": _codes(house, email)[-1]})
    assert answer.status == 200 and "/my/permissions/" in answer.text, answer.text[:3000]
    return customer


def _codes(house: House, email: str) -> list[str]:
    """Return the codes that were sent to an address, oldest first."""
    texts = [letter.get_body(("plain",)).get_content() for letter in house.letters(to=email)]
    found = (re.search(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b", text) for text in texts)
    return [code[0] for code in found if code]


def switches_off(customer: Visitor, purpose: str) -> None:
    """Press one switch in the portal."""
    answer = customer.post(f"/my/permissions/{purpose}/", {"to": "off"}, page="/my/permissions/")
    assert answer.status == 200, answer.text[:2000]
