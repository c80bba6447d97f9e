"""Operators at the door: one text for every refusal, a limit, and a session on the record."""

from typing import Any

import pytest
from django.test import Client

from audit.models import Inbox
from cdp.accounts import operators
from cdp.accounts.models import Operator, OperatorRole
from cdp.kernel import database, valkey
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
SIGN_IN = "/account/signin/"


@pytest.fixture(autouse=True)
def fresh_limits(workspace: Workspace) -> None:
    """Begin each test with every try unspent."""
    live = valkey.live()
    for key in live.keys("limit:*"):
        live.delete(key)


@pytest.fixture
def alice(workspace: Workspace) -> Operator:
    """Return a marketer."""
    with database.door("web"):
        made = operators.create_operator(email="alice@example.com", name="Alice", password=PASSWORD)
        operators.grant_role(made, workspace=workspace.pk, role=OperatorRole.Role.MARKETER)
    return made


def sign_in(client: Client, *, password: str = PASSWORD, **more: str) -> Any:
    """Press the button of the sign-in page."""
    return client.post(SIGN_IN, {"email": "alice@example.com", "password": password, **more})


def signed_in(client: Client) -> str | None:
    """Return the id of the operator who is signed in there."""
    with database.door("web"):
        found = client.session.get("_auth_user_id")
    return str(found) if found else None


def test_the_right_password_opens_the_console(alice: Operator) -> None:
    client = Client()

    answer = sign_in(client)

    assert (answer.status_code, answer["Location"]) == (302, "/console/")
    assert signed_in(client) == str(alice.pk)


def test_the_session_gets_a_new_key_at_the_sign_in(alice: Operator) -> None:
    client = Client()
    sign_in(client)
    former = client.cookies["candor_console"].value

    client.post("/account/signout/")
    sign_in(client)

    assert client.cookies["candor_console"].value not in ("", former)


def test_unknown_address_and_wrong_password_read_alike(alice: Operator) -> None:
    wrong = sign_in(Client(), password="wrong horse battery")
    unknown = Client().post(SIGN_IN, {"email": "bob@example.com", "password": PASSWORD})

    assert wrong.status_code == unknown.status_code == 422
    said = "This e-mail and password do not fit together."
    assert said in wrong.content.decode() and said in unknown.content.decode()


def test_an_operator_who_was_switched_off_reads_the_same(alice: Operator) -> None:
    with database.door("web"):
        Operator.objects.filter(pk=alice.pk).update(is_active=False)

    answer = sign_in(Client())

    assert answer.status_code == 422
    assert "do not fit together" in answer.content.decode()


def test_five_failures_close_the_door_even_to_the_right_password(alice: Operator) -> None:
    for _ in range(5):
        assert sign_in(Client(), password="wrong horse battery").status_code == 422

    locked = sign_in(Client())

    assert locked.status_code == 429
    assert "Too many tries" in locked.content.decode()


def test_the_right_password_opens_nothing_while_tries_cannot_be_counted(
    alice: Operator, valkey_away: None
) -> None:
    client = Client()

    answer = sign_in(client)

    assert answer.status_code == 503
    assert "Signing in is paused" in answer.content.decode()
    assert signed_in(client) is None


def test_a_success_forgives_earlier_failures(alice: Operator) -> None:
    for _ in range(4):
        sign_in(Client(), password="wrong horse battery")
    sign_in(Client())

    for _ in range(4):
        assert sign_in(Client(), password="wrong horse battery").status_code == 422


def test_signing_in_is_on_the_record(alice: Operator) -> None:
    sign_in(Client())

    with database.as_role(Role.AUDIT):
        entry = Inbox.objects.get(act="operator.sign_in")
    assert entry.actor == f"op:{alice.pk}"


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("/console/segments/", "/console/segments/"),
        ("https://evil.example/", "/console/"),
        ("//evil.example/", "/console/"),
        ("javascript:alert(1)", "/console/"),
    ],
)
def test_the_way_on_stays_on_this_host(alice: Operator, asked: str, given: str) -> None:
    assert sign_in(Client(), next=asked)["Location"] == given


def test_signing_out_ends_the_session(alice: Operator) -> None:
    client = Client()
    sign_in(client)

    client.post("/account/signout/")

    assert signed_in(client) is None


def test_language_and_theme_stay_with_the_operator(alice: Operator) -> None:
    client = Client()
    sign_in(client)

    back = client.post("/account/language/", {"language": "zh-hans", "next": "/console/jobs/"})
    client.post("/account/theme/", {"theme": "dark", "next": "//evil.example/"})

    assert back["Location"] == "/console/jobs/"
    assert client.cookies["candor_language"].value == "zh-hans"
    assert client.cookies["candor_theme"].value == "dark"
    with database.door("web"):
        alice.refresh_from_db()
    assert (alice.language, alice.theme) == ("zh-hans", "dark")


def test_language_and_theme_come_along_to_another_browser(alice: Operator) -> None:
    first, second = Client(), Client()
    sign_in(first)
    first.post("/account/language/", {"language": "zh-hans"})
    first.post("/account/theme/", {"theme": "dark"})

    sign_in(second)

    assert second.cookies["candor_language"].value == "zh-hans"
    assert second.cookies["candor_theme"].value == "dark"


@pytest.mark.parametrize("nonsense", ["", "xx", "../../etc"])
def test_a_language_that_does_not_exist_changes_nothing(
    workspace: Workspace, nonsense: str
) -> None:
    client = Client()

    client.post("/account/language/", {"language": nonsense})

    assert "candor_language" not in client.cookies
