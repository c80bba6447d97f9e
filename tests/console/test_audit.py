"""The audit explorer: sentences, filters in the address, sealed reasons, one entry, the check."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from audit import pseudonym, sequencer, verification
from audit.actors import Actor
from audit.inbox import record
from audit.models import Inbox
from cdp.accounts.models import OperatorRole
from cdp.console import audit_words
from cdp.kernel import database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from consent.window import purpose
from profiles.vault import open as vault
from tests.architecture.sources import modules
from tests.audit.logs import execute, tamper
from tests.console.conftest import Console
from tests.people import EVERYTHING, Customer, Shop

JOB = Actor.job("refresh_segment", "7")


class Rows(HTMLParser):
    """The text of each row of a page's table of entries."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[str] = []
        self.feed(page.partition("<tbody>")[2].partition("</tbody>")[0])

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "tr":
            self.rows.append("")

    def handle_data(self, data: str) -> None:
        if self.rows:
            self.rows[-1] += data


def signed() -> None:
    with database.as_role(Role.AUDIT):
        while sequencer.sequence():
            pass


def listed(browser: Client, **asked: str) -> list[str]:
    page = browser.get(reverse("console:audit"), asked).content.decode()
    return [" ".join(row.split()) for row in Rows(page).rows]


def sentences(browser: Client, **asked: str) -> list[str]:
    """Return what the rows say, without number and time (which phones have beside the words)."""
    return [
        re.sub(r"^[\d,]+ (\d{4}-\d\d-\d\d \d\d:\d\d ?){2}", "", row)
        for row in listed(browser, **asked)
    ]


def number(row: str) -> int:
    return int(row.split()[0].replace(",", ""))


def opened(about: Customer, by: object, reason: str) -> None:
    with database.as_role(Role.WEB), purpose("support", actor=str(by)) as using:
        using.of([about.subject])
        vault.open([about.subject], ["email"], actor=str(by), reason=reason)


def ref(of: Customer) -> str:
    return pseudonym.of(of.subject).hex()


@pytest.fixture
def mei(shop: Shop) -> Customer:
    return shop.welcome("mei", says=EVERYTHING)


@pytest.fixture
def jonas(shop: Shop) -> Customer:
    return shop.welcome("jonas")


@pytest.fixture
def readings(mei: Customer, jonas: Customer) -> None:
    """Let a job open two people's addresses, each for a reason."""
    opened(mei, JOB, "order 8812")
    opened(jonas, JOB, "ticket 4")
    signed()


def test_a_reading_is_a_sentence(omar: Client, readings: None, mei: Customer) -> None:
    (said,) = sentences(omar, about=ref(mei), act="vault.open", who="job")

    about = ref(mei)[:8]
    assert said == f"job: Segment refresh opened E-mail of {about}… for Customer care"


def test_it_is_one_in_chinese_too(omar: Client, readings: None, mei: Customer) -> None:
    omar.cookies["candor_language"] = "zh-hans"

    (said,) = sentences(omar, about=ref(mei), act="vault.open", who="job")

    assert "打开了" in said
    assert ref(mei)[:8] in said
    assert not re.search(r"[a-z]{3,}", said.replace(ref(mei)[:8], ""))


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"who": "job", "act": "vault.open"}, 2),
        ({"who": "op", "act": "vault.open"}, 0),
        ({"who": "job", "act": "vault."}, 2),
        ({"who": "job", "field": "email"}, 2),
        ({"who": "job", "field": "phone"}, 0),
        ({"who": "job", "object": "fields:"}, 2),
        ({"who": "job", "object": "masked:"}, 0),
        ({"who": "job", "purpose": "support"}, 2),
        ({"who": "job", "purpose": "service"}, 0),
        ({"who": "job", "since": "2020-01-01", "until": "2020-12-31"}, 0),
        ({"who": "job", "since": "2020-01-01"}, 2),
    ],
)
def test_filters_are_in_the_address(
    omar: Client, readings: None, asked: dict[str, str], count: int
) -> None:
    assert len(listed(omar, **asked)) == count


def test_a_profile_number_finds_the_persons_entries(
    omar: Client, readings: None, mei: Customer
) -> None:
    by_number = listed(omar, about=str(mei.subject), who="job")
    by_pseudonym = listed(omar, about=ref(mei)[:8], who="job")

    assert by_number == by_pseudonym
    assert len(by_number) == 1


@pytest.mark.parametrize(
    "asked", [{"about": "mei@example.com"}, {"object": "mei@example.com"}, {"about": "zz"}]
)
def test_what_does_not_read_is_said_and_filters_nothing(
    omar: Client, readings: None, asked: dict[str, str]
) -> None:
    page = omar.get(reverse("console:audit"), asked).content.decode()

    assert 'aria-invalid="true"' in page
    assert len(listed(omar, **asked)) > 2


def test_reveals_are_a_saved_view(console: Console, mei: Customer) -> None:
    support, omar = console(OperatorRole.Role.SUPPORT), console(OperatorRole.Role.PRIVACY)
    asked = {"field": "email", "reason": "order 8812"}
    url = reverse("console:profile_contact", args=[mei.subject])
    support.post(url, asked, headers={"HX-Request": "true"})
    signed()

    (said,) = sentences(omar, act="vault.open", object="fields:", who="op")
    page = omar.get(reverse("console:audit") + "?act=vault.open&object=fields%3A&who=op")

    assert said.startswith("Operator 0 opened E-mail of")
    assert '" aria-current="page">Reveals</a>' in page.content.decode()


def test_a_person_is_found_by_an_address_that_never_stands_in_one(
    omar: Client, readings: None, mei: Customer
) -> None:
    answer = omar.post(
        reverse("console:audit_find"), {"kind": "email", "value": mei.email, "reason": "request 3"}
    )

    assert answer["Location"] == f"{reverse('console:audit')}?about={ref(mei)}"


def test_who_sees_no_people_cannot_look_for_one(console: Console, mei: Customer) -> None:
    auditor = console(OperatorRole.Role.AUDITOR)

    answer = auditor.post(
        reverse("console:audit_find"), {"kind": "email", "value": mei.email, "reason": "request 3"}
    )

    assert answer.status_code == 403
    assert "Whole value" not in auditor.get(reverse("console:audit")).content.decode()


def test_reasons_are_opened_on_the_record(omar: Client, readings: None, mei: Customer) -> None:
    closed = omar.get(reverse("console:audit")).content.decode()
    open_ = omar.post(reverse("console:audit_reasons") + "?who=job").content.decode()

    assert "order 8812" not in closed
    assert "order 8812" in open_ and "ticket 4" in open_
    with database.as_role(Role.AUDIT):
        assert Inbox.objects.filter(act="audit.open", subject=mei.subject).count() == 1


def test_entries_are_found_by_a_reason(omar: Client, readings: None, mei: Customer) -> None:
    answer = omar.post(reverse("console:audit_reasons") + "?who=job", {"reason": "ORDER 88"})

    (row,) = Rows(answer.content.decode()).rows
    assert ref(mei)[:8] in row
    assert "8812" not in answer.request["QUERY_STRING"]


def test_an_entry_number_leads_to_the_entry(omar: Client, readings: None) -> None:
    answer = omar.get(reverse("console:audit"), {"entry": "1,234"})

    assert answer["Location"] == reverse("console:audit_entry", args=[1234])


def test_one_entry_shows_its_detail_only_when_opened(
    omar: Client, readings: None, mei: Customer
) -> None:
    index = number(listed(omar, about=ref(mei), who="job")[0])

    closed = omar.get(reverse("console:audit_entry", args=[index])).content.decode()
    open_ = omar.post(reverse("console:audit_detail", args=[index])).content.decode()

    assert "order 8812" not in closed
    assert "order 8812" in open_
    assert ref(mei) in closed
    assert str(mei.subject) not in open_


def test_a_detail_whose_key_is_damaged_is_not_said_to_be_destroyed(
    omar: Client, readings: None, mei: Customer
) -> None:
    index = number(listed(omar, about=ref(mei), who="job")[0])
    with database.as_role(Role.OWNER):
        execute("ALTER TABLE kernel_subjectkey NO FORCE ROW LEVEL SECURITY")
        execute("UPDATE kernel_subjectkey SET wrapped = %s", bytes(61))
        execute("ALTER TABLE kernel_subjectkey FORCE ROW LEVEL SECURITY")

    page = omar.post(reverse("console:audit_detail", args=[index])).content.decode()

    assert "It does not open with the keys at hand" in page
    assert "was destroyed" not in page


def test_a_changed_setting_shows_before_and_after(omar: Client, workspace: Workspace) -> None:
    with database.as_role(Role.WEB):
        Workspace.objects.filter(pk=workspace.pk).update(name="Demo Store")
    signed()
    (row,) = listed(omar, act="settings", object="")[:1]
    index = number(row)

    page = omar.get(reverse("console:audit_entry", args=[index])).content.decode()

    assert "changed a row: settings of the workspace" in row
    assert "<del>Demo Shop</del>" in page and "<ins>Demo Store</ins>" in page


def test_entries_of_one_request_stand_together(omar: Client, readings: None) -> None:
    omar.post(reverse("console:audit_reasons") + "?who=job")
    signed()
    index = number(listed(omar, act="audit.open")[0])

    page = omar.get(reverse("console:audit_request", args=[index])).content.decode()

    said = " ".join(Rows(page).rows)
    assert said.count("opened sealed details") == 2
    assert said.count("read the audit log") == 1


def test_looking_at_an_entry_is_an_entry(omar: Client, readings: None) -> None:
    omar.get(reverse("console:audit_entry", args=[0]))

    with database.as_role(Role.AUDIT):
        assert Inbox.objects.get(act="audit.read", obj="entry:0").actor.startswith("op:")


def test_an_altered_entry_is_marked(omar: Client, readings: None) -> None:
    index = number(listed(omar)[0])
    tamper("audit_leaf", "UPDATE audit_leaf SET leaf = '\\x7b7d' WHERE idx = %s", index)

    page = omar.get(reverse("console:audit_entry", args=[index])).content.decode()

    assert "altered" in page
    assert "altered" in " ".join(listed(omar))


def test_what_would_hide_or_reorder_text_is_written_out(omar: Client, workspace: Workspace) -> None:
    record("sys:test", "bench.note", obj="x\u202egnp.exe\u2066")
    signed()
    index = number(listed(omar, object="x")[0])

    page = omar.get(reverse("console:audit_entry", args=[index])).content.decode()

    raw = page.partition("As the tree holds it")[2]
    assert "\\u202egnp.exe\\u2066" in raw
    assert "\u202e" not in raw


def check() -> None:
    with database.as_role(Role.AUDIT):
        verification.carry_out_asked()


def test_a_check_is_asked_for_and_shown(omar: Client, readings: None) -> None:
    asked = omar.post(reverse("console:audit_check"), headers={"HX-Request": "true"})
    (again,) = re.findall(r'hx-get="([^"]+)"', asked.content.decode())
    check()

    done = omar.get(again, headers={"HX-Request": "true"})

    assert done.status_code == 286
    assert "Checked:" in done.content.decode()


def test_a_broken_log_is_on_every_page_of_those_who_read_it(
    omar: Client, alice: Client, readings: None
) -> None:
    tamper("audit_leaf", "UPDATE audit_leaf SET leaf = '\\x7b7d' WHERE idx = 2")
    omar.post(reverse("console:audit_check"))
    check()

    for page in ("console:audit", "console:overview"):
        told = omar.get(reverse(page)).content.decode()
        assert told.count("The audit log does not hold.") == 1
        assert "First bad entry: 2. The 2 entries before it stand as they were signed." in told
    assert "does not hold" not in alice.get(reverse("console:overview")).content.decode()


def test_a_log_that_holds_again_is_no_alarm(omar: Client, readings: None) -> None:
    omar.post(reverse("console:audit_check"))
    check()

    assert "does not hold" not in omar.get(reverse("console:overview")).content.decode()


def test_the_verifier_is_handed_out_as_it_stands_alone(omar: Client) -> None:
    answer = omar.get(reverse("console:audit_verifier"))

    assert answer["Content-Disposition"] == 'attachment; filename="verify_log.py"'
    assert b"def main" in answer.content


def test_every_act_that_is_recorded_by_name_has_words() -> None:
    """Acts are written as literals beside `record`, so reading the sources finds them."""
    call = re.compile(r"\brecord(?:_many)?\(\s*[^,()]+(?:\([^)]*\))?,\s*\"([a-z_]+\.[a-z_]+)\"")
    recorded = {
        act
        for module in modules()
        for act in call.findall(module.path.read_text())
        if not act.startswith("bench.")
    }

    assert len(recorded) > 20
    assert recorded - audit_words.ACTS.keys() == set()


def test_every_act_in_words_is_translated() -> None:
    with translation.override("zh-hans"):
        same = [act for act, words in audit_words.ACTS.items() if str(words).isascii()]

    assert same == []
