"""One Idempotency-Key, one effect: repeated, at the same moment, after a crash. Case 43."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from pytest_django import Settings
from pytest_django.plugin import DjangoDbBlocker

from cdp.accounts import replies
from cdp.accounts.models import KeptReply
from cdp.api import tasks
from cdp.api.schema import document
from cdp.kernel import clock, database, keyring
from cdp.kernel.key_providers.file import FileProvider
from cdp.kernel.keyring import Use
from cdp.kernel.models import JobRun, Workspace
from cdp.kernel.roles import Role
from consent.models import ConsentRecord
from profiles.models import Segment
from tests.api.conftest import Answer, Caller, issue
from tests.conftest import NOON
from tests.consent.committed import committed_shop
from tests.people import EVERYTHING, Shop
from tests.servers import Servers

SEGMENTS = "/api/v1/segments"
RULE = {"version": 1, "where": {"trait": "orders", "op": "ge", "value": 2}}
BODY = {"name": "Often", "rule": RULE}


def kept() -> list[KeptReply]:
    with database.as_role(Role.API):
        return list(KeptReply.objects.all())


@pytest.mark.django_db
def test_the_same_request_again_gets_the_same_reply_and_does_nothing(caller: Caller) -> None:
    """Case 43."""
    first = caller.post(SEGMENTS, BODY, once="order-1")
    again = caller.post(SEGMENTS, dict(reversed(BODY.items())), once="order-1")

    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Segment.objects.count() == 1


@pytest.mark.django_db
def test_a_repeat_is_known_though_keys_rotated_in_between(
    caller: Caller, settings: Settings, tmp_path: Path
) -> None:
    """Case 43."""
    keyring.create(FileProvider(tmp_path / "keyring.json"), keyring.current())
    settings.KEYRING = tmp_path / "keyring.json"
    first = caller.post(SEGMENTS, BODY, once="order-1")

    keyring.change(lambda ring: ring.with_new(Use.TOKEN, at=clock.now()))
    again = caller.post(SEGMENTS, BODY, once="order-1")

    assert again.body == first.body
    assert Segment.objects.count() == 1


@pytest.mark.django_db
def test_every_write_is_carried_out_once(caller: Caller, shop: Shop) -> None:
    """Case 43."""
    sofia = shop.welcome("sofia", says=EVERYTHING)
    segment = caller.post(SEGMENTS, BODY).body["id"]
    person = f"/api/v1/subjects/{sofia.subject}"
    said = {"purpose": "marketing.email"}
    asked: list[tuple[str, Any]] = [
        (f"{SEGMENTS}/{segment}/refreshes", {}),
        (f"{person}/withdrawals", said),
        (f"{person}/grants", said),
    ]

    twice = [[caller.post(path, body, once="7") for _ in range(2)] for path, body in asked]

    for first, again in twice:
        assert (first.status, first.body) == (again.status, again.body)
        assert again.headers["Idempotency-Replayed"] == "true"
    assert JobRun.objects.filter(kind="refresh_segment").count() == 1
    assert ConsentRecord.objects.filter(subject_id=sofia.subject, method="api").count() == 2


def test_no_operation_that_writes_is_left_out() -> None:
    reads_by_post = {"search_profiles"}
    for methods in document()["paths"].values():
        for method, operation in methods.items():
            names = {each["name"] for each in operation.get("parameters", [])}
            writes = method != "get" and operation["operationId"] not in reads_by_post
            assert ("Idempotency-Key" in names) == writes, operation["operationId"]


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["body", "purpose"])
def test_the_key_of_another_request_is_refused(caller: Caller, change: str) -> None:
    """Case 43: other body → 422."""
    caller.post(SEGMENTS, BODY, once="order-1")
    if change == "purpose":
        caller.purpose = "marketing.email"

    other = caller.post(
        SEGMENTS, BODY if change == "purpose" else {**BODY, "name": "Seldom"}, once="order-1"
    )

    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
    assert Segment.objects.count() == 1


@pytest.mark.django_db
def test_a_key_is_its_callers_and_its_addresss_own(caller: Caller, workspace: Workspace) -> None:
    first = caller.post(SEGMENTS, BODY, once="1").body["id"]

    stranger = issue(workspace).post(SEGMENTS, {**BODY, "name": "Theirs"}, once="1")
    elsewhere = caller.post(f"{SEGMENTS}/{first}/refreshes", once="1")

    assert (stranger.status, elsewhere.status) == (201, 202)
    assert stranger.body["name"] == "Theirs"


@pytest.mark.django_db
def test_a_refusal_is_not_kept(caller: Caller) -> None:
    other = caller.post(SEGMENTS, BODY).body["id"]
    taken = caller.post(SEGMENTS, BODY, once="1")
    with database.as_role(Role.WEB):
        Segment.objects.filter(pk=other).update(name="Another")

    free = caller.post(SEGMENTS, BODY, once="1")

    assert (taken.status, taken.body["code"]) == (409, "segment_name_taken")
    assert free.status == 201


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 256, "caf\u00e9", "a\tb"])
def test_a_key_of_another_form_is_refused(caller: Caller, key: str) -> None:
    answer = caller.post(SEGMENTS, BODY, once=key)

    assert (answer.status, answer.body["code"]) == (400, "bad_idempotency_key")
    assert Segment.objects.count() == 0


@pytest.mark.django_db
def test_what_is_kept_tells_nothing_without_the_keyring(caller: Caller) -> None:
    caller.post(SEGMENTS, BODY, once="mei.canary.7f3a@example.com")

    (row,) = kept()

    stored = b"".join(bytes(part) for part in (row.digest, row.request, row.reply or b""))
    assert b"Often" not in stored and b"canary" not in stored
    assert row.reply is not None


@pytest.mark.django_db
def test_a_request_that_was_cut_off_may_run_again_once_its_lease_is_over(caller: Caller) -> None:
    with clock.stopped(NOON):
        caller = issue_at_noon(caller)
        first = caller.post(SEGMENTS, BODY, once="1").body["id"]
    with database.as_role(Role.API):  # as a killed process leaves it: claimed, nothing committed
        Segment.objects.filter(pk=first).update(name="Gone")
        KeptReply.objects.update(reply=None, lease_until=NOON + timedelta(seconds=60))

    with clock.stopped(NOON + timedelta(seconds=59)):
        early = caller.post(SEGMENTS, BODY, once="1")
    with clock.stopped(NOON + timedelta(seconds=61)):
        late = caller.post(SEGMENTS, BODY, once="1")

    assert (early.status, early.body["code"]) == (409, "request_in_flight")
    assert early.headers["Retry-After"] == "1"
    assert late.status == 201


def issue_at_noon(caller: Caller) -> Caller:
    """Return a key that is in force at the tests' noon; the fixture's was made today."""
    workspace = Workspace.objects.get()
    return issue(workspace)


@pytest.mark.django_db
def test_whoever_lost_the_claim_takes_the_effect_back(workspace: Workspace) -> None:
    caller = uuid4()
    with database.as_role(Role.API):
        with clock.stopped(NOON):
            slow = replies.begin(caller, route="POST /x", idempotency_key="1", request=b"r")
        with clock.stopped(NOON + timedelta(seconds=61)):
            quick = replies.begin(caller, route="POST /x", idempotency_key="1", request=b"r")
            assert isinstance(slow, replies.Claim) and isinstance(quick, replies.Claim)
            replies.keep(quick, b"quick")

            with pytest.raises(replies.RequestInFlight):
                replies.keep(slow, b"slow")

            found = replies.begin(caller, route="POST /x", idempotency_key="1", request=b"r")
    assert found == b"quick"


@pytest.mark.django_db
def test_who_comes_as_a_claim_is_given_back_is_told_to_ask_again(workspace: Workspace) -> None:
    caller = uuid4()

    def begin() -> replies.Claim | bytes:
        return replies.begin(caller, route="POST /x", idempotency_key="1", request=b"r")

    with database.as_role(Role.API):
        failing = begin()
        assert isinstance(failing, replies.Claim)

        def give_back(execute: Any, sql: str, *more: Any) -> Any:
            if sql.startswith("SELECT"):  # after the claim of the second was turned away
                replies.release(failing)
            return execute(sql, *more)

        wrapped = database.connection().execute_wrapper(give_back)
        with wrapped, pytest.raises(replies.RequestInFlight):
            begin()

        assert isinstance(begin(), replies.Claim)


@pytest.mark.django_db
def test_a_reply_is_kept_for_a_day(workspace: Workspace) -> None:
    caller = uuid4()

    def begin(request: bytes) -> object:
        with database.as_role(Role.API):
            return replies.begin(caller, route="POST /x", idempotency_key="1", request=request)

    with clock.stopped(NOON):
        claim = begin(b"r")
        assert isinstance(claim, replies.Claim)
        with database.as_role(Role.API):
            replies.keep(claim, b"reply")
    with clock.stopped(NOON + timedelta(hours=23, minutes=59)):
        tasks.forget_old_replies()
        assert begin(b"r") == b"reply"

    with clock.stopped(NOON + timedelta(hours=24)):
        assert isinstance(begin(b"something else"), replies.Claim)
    with clock.stopped(NOON + timedelta(hours=48)):
        tasks.forget_old_replies()
    assert kept() == []


def test_fifty_at_the_same_moment_have_one_effect_and_one_reply(
    servers: Servers, django_db_setup: None, django_db_blocker: DjangoDbBlocker, settings: Any
) -> None:
    """Case 43: 50 concurrent, in connections of their own."""
    settings.API_PER_MINUTE = 0
    with committed_shop(servers, django_db_blocker, "candor_once") as shop:
        caller = issue(shop.workspace)
        gate = Barrier(50)

        def send(_: int) -> tuple[int, str]:
            gate.wait(timeout=30)
            try:
                return until_replied(caller)
            finally:
                connections["default"].close()

        with ThreadPoolExecutor(50) as threads:
            answers = set(threads.map(send, range(50)))
        made = Segment.objects.count()

    assert made == 1
    assert len(answers) == 1
    assert {status for status, _ in answers} == {201}


def until_replied(caller: Caller) -> tuple[int, str]:
    """Send the request again for as long as another one is in flight, as a client does."""
    for _ in range(200):
        answer: Answer = caller.post(SEGMENTS, BODY, once="burst")
        if answer.status != 409:
            return answer.status, json.dumps(answer.body, sort_keys=True)
        assert answer.body["code"] == "request_in_flight"
    raise AssertionError("no reply after 200 tries")
