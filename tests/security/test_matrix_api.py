"""Every operation of the management API opens with its scope, from its own workspace, and no key
opens another door."""

import base64
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from cdp.accounts import api_keys
from cdp.accounts.models import ApiKey, Operator
from cdp.accounts.permissions import SCOPES
from cdp.kernel import clock, database, valkey
from cdp.kernel.models import Workspace
from profiles.models import WriteKey
from tests.security import matrix
from tests.security.matrix import API_KEY, OPERATIONS, WRITE_KEY
from tests.security.things import Things, make_things

Key = tuple[ApiKey, str]
ABOUT = {
    "subject": "subject", "segment": "segment_id", "campaign": "campaign_id", "run": "run",
}  # fmt: skip
every_operation = pytest.mark.parametrize(("operation", "scope"), OPERATIONS.items(), ids=str)


@pytest.fixture(autouse=True)
def fresh_limits(workspace: Workspace) -> None:
    """Begin each test with every try unspent."""
    valkey.live().flushdb()


def key(workspace: Workspace, scopes: Sequence[str]) -> Key:
    """Issue a key that names one purpose."""
    with database.door("web"):
        issued = api_keys.issue(
            workspace=workspace.pk,
            name="test",
            scopes=scopes,
            purposes=["profiling.segmentation"],
            expires_at=clock.now() + timedelta(days=30),
        )
    return issued.key, issued.token


def all_but(scope: str) -> list[str]:
    """Return every other scope."""
    return [each for each in SCOPES if each != scope]


def ask(operation: tuple[str, str], authorization: str, things: Things) -> tuple[int, str]:
    """Carry an operation out; return status and problem code."""
    method, path = operation
    for name, thing in ABOUT.items():
        path = path.replace(f"{{{name}}}", str(things[thing]))
    headers = {"Authorization": authorization} if authorization else {}
    client = Client(raise_request_exception=False)
    answer: Any = client.generic(
        method, path, b"{}", content_type="application/json", headers=headers
    )
    return answer.status_code, json.loads(answer.content).get("code", "")


@pytest.fixture
def ours(workspace: Workspace) -> Things:
    """Return one of everything here."""
    return things_of(workspace)


def things_of(workspace: Workspace) -> Things:
    """Make one of everything in a workspace."""
    with database.door("web"):
        someone = Operator.objects.create(email=f"{workspace.key}@x.example", name="Somebody")
    made = make_things(workspace, for_operator=someone)
    return {**made, "run": made["runs"][""]}


def test_every_operation_has_its_line_and_every_line_its_operation() -> None:
    described = matrix.operations()

    assert described.keys() == OPERATIONS.keys()
    assert {each: described[each]["x-scope"] for each in described} == dict(OPERATIONS)
    paths = {
        route.pattern.replace("<uuid:", "{").replace(">", "}")
        for route in matrix.opened_by(API_KEY)
    }
    assert paths == {path for _, path in OPERATIONS}


def test_the_scopes_that_keys_get_are_those_that_operations_ask_for() -> None:
    assert set(SCOPES) == set(OPERATIONS.values())


@every_operation
def test_an_operation_opens_with_its_scope_and_no_other_key(
    workspace: Workspace, operation: tuple[str, str], scope: str
) -> None:
    """Case 48: an API key in every state."""
    nothing = dict.fromkeys([*ABOUT.values()], "00000000-0000-0000-0000-000000000007")
    _, right = key(workspace, [scope])
    _, wrong = key(workspace, all_but(scope))
    revoked, revoked_token = key(workspace, [scope])
    with database.door("web"):
        api_keys.revoke(revoked.pk, workspace=workspace.pk)

    answers = {
        "none": ask(operation, "", nothing),
        "guessed": ask(operation, f"Bearer {right[:-1]}", nothing),
        "another scheme": ask(operation, f"Basic {right}", nothing),
        "revoked": ask(operation, f"Bearer {revoked_token}", nothing),
        "without the scope": ask(operation, f"Bearer {wrong}", nothing),
    }
    opened = ask(operation, f"Bearer {right}", nothing)
    with clock.stopped(clock.now() + timedelta(days=31)):
        answers["ended"] = ask(operation, f"Bearer {right}", nothing)

    refused = (401, "not_authenticated")
    assert answers == {
        **dict.fromkeys(("none", "guessed", "another scheme", "revoked", "ended"), refused),
        "without the scope": (403, "scope_missing"),
    }
    assert opened[0] in (200, 201, 202, 400, 404), opened


def test_no_operation_finds_what_another_workspace_has(workspace: Workspace, ours: Things) -> None:
    """Case 48: a key of another workspace."""
    with database.door("web"):
        outlet = Workspace.objects.create(
            key="outlet", name="Bob's Outlet", settings={"currency": "USD", "time_zone": "UTC"}
        )
    theirs = things_of(outlet)
    _, token = key(workspace, list(SCOPES))
    about_something = [operation for operation in OPERATIONS if "{" in operation[1]]
    assert len(about_something) > 8

    own = {each: ask(each, f"Bearer {token}", ours)[0] for each in about_something}
    other = {each: ask(each, f"Bearer {token}", theirs) for each in about_something}

    assert 404 not in own.values(), "the control: what is ours is there"
    relayed = {each for each in about_something if each[0] == "POST" and "subjects" in each[1]}
    assert {each: other[each][0] for each in about_something} == {
        each: 400 if each in relayed else 404 for each in about_something
    }  # an empty statement is refused before anybody is looked for


def test_a_statement_about_another_workspace_s_person_finds_nobody(
    workspace: Workspace, ours: Things
) -> None:
    """Case 48: a write about another workspace's person."""
    with database.door("web"):
        outlet = Workspace.objects.create(
            key="outlet", name="Bob's Outlet", settings={"currency": "USD", "time_zone": "UTC"}
        )
    theirs = things_of(outlet)
    _, token = key(workspace, list(SCOPES))

    def relay(subject: object) -> int:
        return (
            Client()
            .post(
                f"/api/v1/subjects/{subject}/withdrawals",
                {"purpose": "marketing.email"},
                content_type="application/json",
                headers={"Authorization": f"Bearer {token}"},
            )
            .status_code
        )

    assert relay(ours["subject"]) == 201
    assert relay(theirs["subject"]) == 404


def test_a_write_key_sends_events_and_opens_nothing_else(
    workspace: Workspace, ours: Things
) -> None:
    """Case 48: a write key."""
    with database.door("web"):
        write_key = WriteKey.objects.get(pk=ours["write_key"]).key
    basic = base64.b64encode(f"{write_key}:".encode()).decode()
    event = {"type": "track", "event": "Page Viewed", "userId": "u-1", "messageId": "m-1"}

    sent = Client().post(
        "/v1/track", event, content_type="application/json",
        headers={"Authorization": f"Basic {basic}"},
    )  # fmt: skip
    api = set()
    for operation in OPERATIONS:
        valkey.live().flushdb()  # a flood of wrong keys is answered by 429
        for scheme, token in (("Bearer", write_key), ("Basic", basic)):
            api.add(ask(operation, f"{scheme} {token}", ours)[0])
    screens = {
        Client().get(path, headers={"Authorization": f"Basic {basic}"}).status_code
        for path in ("/console/", "/console/sources/", "/my/", "/account/")
    }

    assert sent.status_code == 200
    assert api == {401}
    assert screens <= {302, 303}


@pytest.mark.parametrize("path", [r.pattern for r in matrix.opened_by(WRITE_KEY)])
def test_an_api_key_sends_no_event(workspace: Workspace, ours: Things, path: str) -> None:
    """Case 48: an API key at the front door."""
    _, token = key(workspace, list(SCOPES))
    basic = base64.b64encode(f"{token}:".encode()).decode()
    address = path.replace("<slug:kind>", "track").replace("<str:write_key>", token)
    event = {"type": "track", "event": "X", "userId": "u-1", "messageId": "m-1"}

    answers = [
        Client()
        .generic(
            "GET" if "settings" in path else "POST",
            address,
            json.dumps({**event, "writeKey": token, "batch": [event]}),
            content_type="application/json",
            headers={"Authorization": authorization} if authorization else {},
        )
        .status_code
        for authorization in ("", f"Basic {basic}", f"Bearer {token}")
    ]

    assert set(answers) <= {401, 404}
