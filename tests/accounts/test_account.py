"""Operators at the door: one text for every refusal, a limit, and a session on the record."""

from typing import Any

import pytest
from django.test import Client

from cdp.accounts import limits
from cdp.accounts.models import Operator
from cdp.kernel import database
from cdp.kernel.models import Workspace
from tests.accounts.door import acts, details, signed_in

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
SIGN_IN = "/account/signin/"


def sign_in(client: Client, *, password: str = PASSWORD, **more: str) -> Any:
    """Press the button of the sign-in page."""
    return client.post(SIGN_IN, {"email": "alice@example.com", "password": password, **more})


def test_the_right_password_opens_the_console(alice: Operator) -> None:
    client = Client()

    answer = sign_in(client)

    assert (answer.status_code, answer["Location"]) == (302, "/console/")
    assert signed_in(client) == str(alice.pk)


def test_the_session_gets_a_new_key_at_the_sign_in(alice: Operator) -> None:
    """Case 60: session fixation."""
    client = Client()
    sign_in(client)
    former = client.cookies["candor_console"].value

    client.post("/account/signout/")
    sign_in(client)

    assert client.cookies["candor_console"].value not in ("", former)


def test_unknown_address_and_wrong_password_read_alike(alice: Operator) -> None:
    """Case 49: the same text and status for operators, known and unknown."""
    wrong = sign_in(Client(), password="wrong horse battery")
    unknown = Client().post(SIGN_IN, {"email": "bob@example.com", "password": PASSWORD})

    assert wrong.status_code == unknown.status_code == 422
    said = "This e-mail and password do not fit together."
    assert said in wrong.content.decode() and said in unknown.content.decode()


def test_an_operator_who_was_switched_off_reads_the_same(alice: Operator) -> None:
    """Case 49: operators."""
    with database.door("web"):
        Operator.objects.filter(pk=alice.pk).update(is_active=False)

    answer = sign_in(Client())

    assert answer.status_code == 422
    assert "do not fit together" in answer.content.decode()


def test_five_failures_close_the_door_even_to_the_right_password(alice: Operator) -> None:
    """Case 51."""
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


def test_signing_in_and_out_are_on_the_record(alice: Operator) -> None:
    client = Client()

    sign_in(client)
    client.post("/account/signout/")

    assert acts(alice) == ["operator.sign_in", "operator.sign_out"]


def test_refusals_and_the_lock_are_on_the_record_without_an_address(alice: Operator) -> None:
    """Case 51: tries at a known and at an unknown address; people type customers' by mistake."""
    for _ in range(7):
        sign_in(Client(), password="wrong horse battery")
    for _ in range(7):
        Client().post(SIGN_IN, {"email": "mei.canary@example.com", "password": "wrong"})

    assert acts(alice) == ["operator.sign_in_refused"] * 5 + ["operator.locked"]
    assert acts() == ["operator.sign_in_refused"] * 5 + ["operator.locked"]
    assert "canary" not in details() and "@" not in details()


def test_many_tries_at_once_are_counted_before_they_are_checked(alice: Operator) -> None:
    whom = ("alice@example.com", "127.0.0.1")
    for _ in range(limits.OPERATOR_FAILURES.most):  # as many as are being checked just now
        limits.spend(limits.OPERATOR_FAILURES, *whom)

    assert sign_in(Client()).status_code == 429


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
    """Case 58: a sign-in leads nowhere else."""
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


@pytest.mark.parametrize(
    ("host", "offered"),
    [("shop.example", True), ("localhost:8000", True), ("127.0.0.1:8000", False),
     ("[::1]", False), ("[::1]:8000", False)],
)  # fmt: skip
def test_passkeys_are_offered_at_host_names_alone(
    workspace: Workspace, settings: Any, host: str, offered: bool
) -> None:
    settings.ALLOWED_HOSTS = ["*"]

    page = Client().get("/account/signin/", headers={"Host": host}).content.decode()

    assert ("data-passkey" in page) is offered
