"""The second step: set up, asked for, single-use, counted, sealed, and required where it must."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.test import Client

from cdp.accounts import two_step
from cdp.accounts.models import Operator
from cdp.kernel import clock, database, valkey
from tests.accounts.authenticator import PERIOD_SECONDS, code
from tests.accounts.door import (
    APP,
    CODES,
    SECOND,
    acts,
    details,
    enroll,
    recovery_codes,
    sign_in,
    signed_in,
    switch_off,
)

pytestmark = pytest.mark.django_db


def type_code(client: Client, given: str) -> Any:
    """Press the button of the second step."""
    return client.post(SECOND, {"code": given})


@pytest.fixture
def secret(desk: Client, app_clock: SimpleNamespace) -> str:
    """Return the key of Alice's app; the code of its set-up has passed."""
    key, _codes = enroll(desk, at=app_clock.now)
    app_clock.now += PERIOD_SECONDS
    return key


def test_with_an_app_the_password_alone_opens_nothing(
    alice: Operator, secret: str, app_clock: SimpleNamespace
) -> None:
    browser = Client()

    asked = sign_in(browser)
    before = signed_in(browser)
    entered = type_code(browser, code(secret, at=app_clock.now))

    assert (asked["Location"], before) == (SECOND, None)
    assert (entered["Location"], signed_in(browser)) == ("/console/", str(alice.pk))
    assert acts(alice)[-1] == "operator.sign_in"
    assert '"by":"password, totp"' in details()


def test_the_way_on_survives_the_second_step(secret: str, app_clock: SimpleNamespace) -> None:
    browser = Client()
    browser.post(
        "/account/signin/",
        {"email": "alice@example.com", "password": "correct horse battery",
         "next": "/console/segments/"},
    )  # fmt: skip

    assert type_code(browser, code(secret, at=app_clock.now))["Location"] == "/console/segments/"


def test_a_code_signs_in_once(secret: str, app_clock: SimpleNamespace) -> None:
    shown = code(secret, at=app_clock.now)
    first, second = Client(), Client()
    sign_in(first)
    sign_in(second)

    assert type_code(first, shown).status_code == 302
    assert type_code(second, shown).status_code == 422
    assert signed_in(second) is None


@pytest.mark.parametrize("periods", [-1, 1])
def test_a_code_counts_in_its_own_half_minute_alone(
    secret: str, app_clock: SimpleNamespace, periods: int
) -> None:
    browser = Client()
    sign_in(browser)
    other = code(secret, at=app_clock.now + periods * PERIOD_SECONDS)

    assert type_code(browser, other).status_code == 422


def test_a_hundred_wrong_codes_lock_for_five_minutes_and_are_on_the_record(
    alice: Operator, secret: str, app_clock: SimpleNamespace
) -> None:
    """Case 51: a guesser is stopped after five, and Alice is not locked out for good."""
    guesser = Client()
    sign_in(guesser)
    right = code(secret, at=app_clock.now)
    wrong = "000000" if right != "000000" else "111111"

    refused = [type_code(guesser, wrong).status_code for _ in range(100)]
    locked = type_code(guesser, right)
    # the pause ends by itself: the counter carries its own end, at most five minutes away
    (counter,) = valkey.live().keys("limit:operator.proofs:*")
    seconds_left = valkey.live().ttl(counter)
    valkey.live().delete(counter)

    assert refused == [422] * 5 + [429] * 95
    assert locked.status_code == 429 and signed_in(guesser) is None
    assert acts(alice)[-6:] == ["operator.proof_refused"] * 5 + ["operator.locked"]
    assert 0 < seconds_left <= 300
    assert type_code(guesser, right).status_code == 302


def test_a_recovery_code_signs_in_once(desk: Client, app_clock: SimpleNamespace) -> None:
    _key, codes = enroll(desk, at=app_clock.now)
    first, second = Client(), Client()
    sign_in(first)
    sign_in(second)

    assert len(codes) == 10
    assert type_code(first, codes[0]).status_code == 302
    assert type_code(second, codes[0]).status_code == 422
    assert type_code(second, codes[1]).status_code == 302


def test_recovery_codes_are_shown_once(desk: Client, app_clock: SimpleNamespace) -> None:
    _key, codes = enroll(desk, at=app_clock.now)

    again = desk.get(CODES)

    assert recovery_codes(desk) == []
    assert "10 codes left" in again.content.decode()
    assert not any(each in again.content.decode() for each in codes)
    assert "no-store" in again["Cache-Control"]


def test_new_recovery_codes_end_the_former(
    alice: Operator, desk: Client, app_clock: SimpleNamespace
) -> None:
    _key, former = enroll(desk, at=app_clock.now)
    desk.post("/account/two-step/codes/new/")
    new = recovery_codes(desk)
    browser = Client()
    sign_in(browser)

    assert not set(new) & set(former)
    assert type_code(browser, former[0]).status_code == 422
    assert type_code(browser, new[0]).status_code == 302
    assert "operator.recovery_codes_made" in acts(alice)


def test_neither_the_seed_nor_the_codes_lie_in_the_database(
    desk: Client, app_clock: SimpleNamespace
) -> None:
    key, codes = enroll(desk, at=app_clock.now)
    half_way = desk.get(APP)  # set up already: leads to taking it off

    with database.door("web"):
        kept = str([*Authenticator.objects.values_list("data", flat=True)])
        sessions = str([*Session.objects.values_list("session_data", flat=True)])

    assert half_way.status_code == 302
    assert '"secret"' in kept.replace("'", '"')
    for secret in (key, *codes):
        assert secret not in kept + sessions


def test_a_seed_that_is_being_set_up_is_sealed_in_the_session(desk: Client) -> None:
    shown = desk.get(APP).content.decode()

    with database.door("web"):
        (row,) = Session.objects.all()
        seed = desk.session["mfa.totp.secret"]

    assert seed in shown
    assert seed not in row.session_data
    assert "mfa.totp" not in str(row.session_data)


def test_an_altered_seed_opens_nothing(secret: str, app_clock: SimpleNamespace) -> None:
    with database.door("web"):
        row = Authenticator.objects.get(type="totp")
        sealed = row.data["secret"]
        row.data["secret"] = sealed[:-4] + ("AAAA" if sealed[-4:] != "AAAA" else "BBBB")
        row.save()
    browser = Client()
    sign_in(browser)

    assert type_code(browser, code(secret, at=app_clock.now)).status_code == 422


def test_changes_of_second_steps_are_on_the_record_without_secrets(
    alice: Operator, desk: Client, app_clock: SimpleNamespace
) -> None:
    key, codes = enroll(desk, at=app_clock.now)
    desk.post("/account/two-step/app/remove/")

    with database.door("web"):
        assert not two_step.has(alice.pk)
    assert acts(alice) == [
        "operator.sign_in", "operator.two_step_added", "operator.two_step_removed",
    ]  # fmt: skip
    assert not any(secret in details() for secret in (key, *codes, "alice@example.com"))


def test_a_second_step_is_required_before_anything_else(desk: Client, settings: Any) -> None:
    free = desk.get("/console/")

    settings.REQUIRE_TWO_STEP = True
    held = desk.get("/console/segments/")

    assert free.status_code == 200
    assert held["Location"] == "/account/two-step/"
    assert "Set up a second step" in desk.get("/account/two-step/").content.decode()


def test_whoever_has_set_one_up_goes_on(
    desk: Client, settings: Any, app_clock: SimpleNamespace
) -> None:
    settings.REQUIRE_TWO_STEP = True
    enroll(desk, at=app_clock.now)

    assert desk.get("/console/").status_code == 200


def test_the_last_step_stays_where_it_is_required(
    alice: Operator, desk: Client, settings: Any, app_clock: SimpleNamespace
) -> None:
    settings.REQUIRE_TWO_STEP = True
    enroll(desk, at=app_clock.now)

    refused = desk.post("/account/two-step/app/remove/")

    with database.door("web"):
        assert two_step.has(alice.pk)
    assert "everybody needs one" in refused.content.decode()


def test_taking_the_steps_off_somebody_ends_their_sessions(
    alice: Operator, desk: Client, app_clock: SimpleNamespace
) -> None:
    enroll(desk, at=app_clock.now)

    with database.door("web"):
        assert two_step.take_off(alice.pk) == 1

    assert desk.get("/console/").status_code == 302
    assert sign_in(Client())["Location"] == "/console/"


def test_a_second_step_wants_a_fresh_proof(desk: Client) -> None:
    with clock.stopped(clock.now() + timedelta(minutes=6)):
        answer = desk.get(APP)

    assert answer["Location"] == "/account/confirm/"


def test_who_was_switched_off_between_the_steps_stays_out(
    alice: Operator, secret: str, app_clock: SimpleNamespace
) -> None:
    browser = Client()
    sign_in(browser)
    switch_off(alice.pk)

    answer = type_code(browser, code(secret, at=app_clock.now))

    assert answer["Location"] == "/account/signin/"
    assert signed_in(browser) is None
    assert acts(alice)[-1] == "operator.sign_in_refused"


def test_nothing_is_checked_while_tries_cannot_be_counted(
    secret: str, app_clock: SimpleNamespace, valkey_away: None
) -> None:
    browser = Client()

    answer = sign_in(browser)

    assert answer.status_code == 503


def test_a_wrong_passkey_is_refused_even_while_tries_cannot_be_counted(
    alice: Operator, desk: Client, settings: Any
) -> None:
    with database.door("web"):
        Authenticator.objects.create(
            user=alice, type=Authenticator.Type.WEBAUTHN, data={"name": "Key", "credential": {}}
        )
    settings.VALKEY_URL = "redis://127.0.0.1:1"
    settings.ALLOWED_HOSTS = ["127.0.0.1"]  # the page asks for no passkey there
    valkey.live.cache_clear()

    answer = desk.post("/account/confirm/", {"credential": "{}"}, headers={"Host": "127.0.0.1"})

    valkey.live.cache_clear()
    assert answer.status_code == 422
    assert acts(alice)[-1] == "operator.proof_refused"
