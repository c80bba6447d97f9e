"""Settings, team: inviting, granting and ending access at the screens, all of it on the record."""

import re
from typing import Any
from uuid import UUID

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from audit.actors import Actor
from audit.models import Inbox
from cdp.accounts import operators
from cdp.accounts.models import Operator, OperatorRole
from cdp.accounts.permissions import Role
from cdp.approvals import decide, find
from cdp.kernel import database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role as Login
from tests.console.conftest import Console
from tests.operators import browser_of

PASSWORD = "correct horse battery"


@pytest.fixture
def owner(console: Console) -> Client:
    """Return the browser of the only owner."""
    return console(Role.ADMINISTRATOR)


@pytest.fixture
def li(workspace: Workspace) -> Operator:
    """Return a colleague who looks only."""
    with database.door("web"):
        made = operators.create_operator(email="li@shop.example", name="Li", password=PASSWORD)
        operators.grant_role(made, workspace=workspace.pk, role=Role.VIEWER)
    return made


def roles_of(operator: Operator) -> set[str]:
    """Return the roles that somebody holds."""
    with database.door("web"):
        return set(OperatorRole.objects.filter(operator=operator).values_list("role", flat=True))


def acts() -> list[tuple[str, str, str]]:
    """Return what the record says about operators: who, what, with which detail."""
    with database.as_role(Login.AUDIT):
        rows = Inbox.objects.filter(act__startswith="operator.").order_by("id")
        return [(row.actor.partition(":")[0], row.act, row.detail) for row in rows]


def change(browser: Client, operator: Operator, role: Role, act: str) -> Any:
    """Press Grant or Take beside a role."""
    return browser.post(reverse("console:member_role", args=[operator.pk, role]), {"act": act})


def test_the_team_is_listed_with_its_roles(owner: Client, li: Operator) -> None:
    page = owner.get(reverse("console:team")).content.decode()

    assert "Li" in page and "li@shop.example" in page and "Viewer" in page


def test_an_owner_grants_and_takes_a_role_on_the_record(owner: Client, li: Operator) -> None:
    change(owner, li, Role.MARKETER, "grant")
    change(owner, li, Role.MARKETER, "grant")
    assert roles_of(li) == {"viewer", "marketer"}

    change(owner, li, Role.VIEWER, "take")

    assert roles_of(li) == {"marketer"}
    assert acts() == [
        ("op", "operator.role_granted", '{"role":"marketer"}'),
        ("op", "operator.role_taken", '{"role":"viewer"}'),
    ]


def test_a_taken_role_counts_from_the_next_click(owner: Client, li: Operator) -> None:
    with database.door("web"):
        theirs = browser_of(li)
    assert theirs.get(reverse("console:segments")).status_code == 200

    change(owner, li, Role.VIEWER, "take")

    assert theirs.get(reverse("console:segments")).status_code == 403


def test_ended_access_sends_the_next_click_to_the_sign_in_page(owner: Client, li: Operator) -> None:
    with database.door("web"):
        theirs = browser_of(li)

    owner.post(reverse("console:member_access", args=[li.pk]))

    answer = theirs.get(reverse("console:segments"))
    assert answer.status_code == 302 and answer["Location"].startswith("/account/signin/")
    assert acts()[-1][1] == "operator.access_ended"
    assert owner.get(reverse("console:member", args=[li.pk])).status_code == 404


def test_nobody_changes_their_own_roles(owner: Client, li: Operator) -> None:
    with database.door("web"):
        me = Operator.objects.exclude(pk=li.pk).get()

    answers = [
        change(owner, me, Role.MARKETER, "grant"),
        owner.post(reverse("console:member_access", args=[me.pk])),
        owner.post(reverse("console:member_link", args=[me.pk])),
    ]

    assert [answer.status_code for answer in answers] == [409] * 3
    assert "nobody changes their own access" in answers[0].content.decode()
    assert roles_of(me) == {"administrator"}
    assert acts() == []


def test_the_link_that_an_owner_hands_over_lets_a_new_colleague_in(owner: Client) -> None:
    shown = owner.post(
        reverse("console:team_invite"), {"name": "Noa", "email": "noa@shop.example"}
    ).content.decode()
    token = re.search(r"/account/join/#([\w-]+)", shown)
    assert token
    noa = Client()

    joined = noa.post(
        reverse("account:join"),
        {"token": token[1], "password": PASSWORD, "again": PASSWORD},
    )

    assert joined["Location"] == reverse("account:signin")
    with database.door("web"):
        assert Operator.objects.get(email="noa@shop.example").check_password(PASSWORD)
    assert [act for _, act, _ in acts()] == ["operator.invited", "operator.joined"]
    page = owner.get(reverse("console:team")).content.decode()
    assert "Noa" in page and "no role" in page and token[1] not in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"password": "short", "again": "short"}, "Choose at least 12 characters"),
        ({"password": PASSWORD, "again": PASSWORD + "!"}, "The two passwords differ."),
        ({"token": "guessed"}, "This link was used or is over."),
    ],
    ids=["weak", "differing", "guessed"],
)
def test_joining_is_refused_with_a_reason_and_uses_nothing_up(
    owner: Client, typed: dict[str, str], said: str
) -> None:
    shown = owner.post(
        reverse("console:team_invite"), {"name": "Noa", "email": "noa@shop.example"}
    ).content.decode()
    token = re.search(r"/account/join/#([\w-]+)", shown)
    assert token
    fine = {"token": token[1], "password": PASSWORD, "again": PASSWORD}

    refused = Client().post(reverse("account:join"), fine | typed)

    assert refused.status_code == 422 and said in refused.content.decode()
    assert Client().post(reverse("account:join"), fine).status_code == 302


def test_the_page_of_a_link_gives_nothing_away(db: None) -> None:
    answer = Client().get(reverse("account:join"))

    assert answer["Referrer-Policy"] == "same-origin"
    assert "no-store" in answer["Cache-Control"]


def test_another_workspace_s_operator_is_not_here(owner: Client, workspace: Workspace) -> None:
    with database.door("web"):
        outlet = Workspace.objects.create(key="outlet", name="Bob's Outlet", settings={})
        bob = operators.create_operator(email="bob@x.example", name="Bob", password=PASSWORD)
        operators.grant_role(bob, workspace=outlet.pk, role=Role.VIEWER)

    answers = [
        owner.get(reverse("console:member", args=[bob.pk])),
        change(owner, bob, Role.MARKETER, "grant"),
        owner.post(reverse("console:member_link", args=[bob.pk])),
        owner.post(reverse("console:member_access", args=[bob.pk])),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert roles_of(bob) == {"viewer"}


def test_an_old_proof_does_not_let_an_owner_change_roles(
    workspace: Workspace, console: Console, li: Operator
) -> None:
    console(Role.ADMINISTRATOR)
    with database.door("web"):
        ada = Operator.objects.exclude(pk=li.pk).get()
        stale = browser_of(ada, proven=False)

    answer = change(stale, li, Role.MARKETER, "grant")

    assert answer["Location"] == reverse("account:confirm")
    assert roles_of(li) == {"viewer"}


def test_whoever_may_not_open_a_page_is_told_who_can(
    console: Console, li: Operator, owner: Client
) -> None:
    uma = console(Role.AUDITOR)

    page = uma.get(reverse("console:team"))

    text = page.content.decode()
    assert page.status_code == 403
    assert "Invite operators, grant and take roles" in text
    assert re.search(r"Who can open it</dt>\s*<dd><ul><li>Operator 1</li></ul></dd>", text)
    assert re.search(r"Who can grant it</dt>\s*<dd><ul><li>Operator 1</li></ul></dd>", text)


def test_who_is_refused_asks_the_owners_and_they_are_told_once_a_day(
    console: Console, owner: Client
) -> None:
    uma = console(Role.AUDITOR)

    for _ in range(2):
        uma.post(reverse("console:ask_for_access"), {"permission": "team:manage"})

    told = owner.get(reverse("console:notifications")).content.decode()
    assert told.count("Operator 1 asks for a permission: Invite operators") == 1
    assert "asks for a permission" not in uma.get(reverse("console:notifications")).content.decode()
    made_up = uma.post(reverse("console:ask_for_access"), {"permission": "everything"})
    assert made_up.status_code == 404


def ask(browser: Client, operator: Operator, role: Role, reason: str = "two hands more") -> Any:
    """Ask the other owners for a role."""
    path = reverse("console:member_role_approval", args=[operator.pk, role])
    return browser.post(path, {"reason": reason})


def agree(owner: UUID) -> None:
    """Let another owner approve what is asked for, as the approvals screen does."""
    with database.door("web"):
        [asked] = find.waiting()
        decide.approve(asked.pk, now_is=asked.snapshot, actor=Actor.operator(owner))


@pytest.fixture
def uma(workspace: Workspace) -> Operator:
    """Return a second owner."""
    with database.door("web"):
        made = operators.create_operator(email="uma@shop.example", name="Uma", password=PASSWORD)
        operators.grant_role(made, workspace=workspace.pk, role=Role.ADMINISTRATOR)
    return made


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.PRIVACY, Role.APPROVER, Role.ADMINISTRATOR])
def test_what_reveals_approves_or_owns_is_granted_by_two_owners(
    owner: Client, li: Operator, uma: Operator, role: Role
) -> None:
    alone = change(owner, li, role, "grant")
    assert alone.status_code == 409 and role not in roles_of(li)

    ask(owner, li, role)
    still_alone = change(owner, li, role, "grant")
    assert still_alone.status_code == 409 and role not in roles_of(li)

    agree(uma.pk)
    assert role not in roles_of(li), "an approval does nothing by itself"
    change(owner, li, role, "grant")

    assert role in roles_of(li)
    assert [act for _, act, _ in acts()] == ["operator.role_granted"]


def test_an_approval_grants_once(owner: Client, li: Operator, uma: Operator) -> None:
    ask(owner, li, Role.SUPPORT)
    agree(uma.pk)
    change(owner, li, Role.SUPPORT, "grant")
    change(owner, li, Role.SUPPORT, "take")

    again = change(owner, li, Role.SUPPORT, "grant")

    assert again.status_code == 409 and roles_of(li) == {"viewer"}


def test_an_approval_for_one_role_or_person_is_for_no_other(
    owner: Client, li: Operator, uma: Operator, workspace: Workspace
) -> None:
    with database.door("web"):
        noa = operators.create_operator(email="noa@shop.example", name="Noa", password=PASSWORD)
        operators.grant_role(noa, workspace=workspace.pk, role=Role.VIEWER)
    ask(owner, li, Role.SUPPORT)
    agree(uma.pk)

    others = [change(owner, li, Role.PRIVACY, "grant"), change(owner, noa, Role.SUPPORT, "grant")]

    assert [answer.status_code for answer in others] == [409, 409]
    assert (roles_of(li), roles_of(noa)) == ({"viewer"}, {"viewer"})


def test_the_only_owner_makes_a_second_one_alone_and_nothing_else(
    owner: Client, li: Operator
) -> None:
    with database.door("web"):  # a fixture's operator has no password yet: give the owner one
        me = Operator.objects.exclude(pk=li.pk).get()
        operators.set_password(me, PASSWORD)
        me.save()
        browser = browser_of(me)

    support = ask(browser, li, Role.SUPPORT)
    change(browser, li, Role.ADMINISTRATOR, "grant")

    assert support.status_code == 409
    assert roles_of(li) == {"viewer", "administrator"}
    assert acts() == [("op", "operator.role_granted", '{"only_owner":1,"role":"administrator"}')]


def test_one_owner_gives_no_new_way_in_to_who_holds_what_takes_two(
    owner: Client, workspace: Workspace
) -> None:
    with database.door("web"):
        sam = operators.create_operator(email="sam@shop.example", name="Sam", password=PASSWORD)
        operators.grant_role(sam, workspace=workspace.pk, role=Role.SUPPORT)

    for name in ("console:member_link", "console:member_second_step"):
        answer = owner.post(reverse(name, args=[sam.pk]))
        assert answer.status_code == 409
        assert "takes two owners" in answer.content.decode()
    assert acts() == []

    change(owner, sam, Role.SUPPORT, "take")
    shown = owner.post(reverse("console:member_link", args=[sam.pk])).content.decode()
    assert "/account/join/#" in shown


def test_an_owner_takes_a_lost_second_step_off_and_sessions_end(
    owner: Client, li: Operator
) -> None:
    with database.door("web"):
        Authenticator.objects.create(user=li, type="totp", data={})
        theirs = browser_of(li)
    assert theirs.get(reverse("console:segments")).status_code == 200
    assert "set up" in owner.get(reverse("console:member", args=[li.pk])).content.decode()

    owner.post(reverse("console:member_second_step", args=[li.pk]))

    with database.door("web"):
        assert not Authenticator.objects.filter(user=li).exists()
    assert theirs.get(reverse("console:segments")).status_code == 302
    assert ("op", "operator.two_step_taken_off", '{"steps":1}') in acts()
