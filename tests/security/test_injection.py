"""What a caller sends is a value: never SQL, never a pattern, never an object."""

import ast
import pickle
from pathlib import Path
from typing import Any

import pytest
from kombu.exceptions import ContentDisallowed
from kombu.serialization import loads, prepare_accept_content

from cdp.celery import app
from cdp.kernel import clock
from cdp.kernel.roles import Role
from cdp.runtime.bootstrap import LONGEST_STATEMENT_MS
from consent.window import purpose
from profiles.models import Profile, Segment
from profiles.segments.refresh import refresh
from tests.api.conftest import Caller
from tests.people import EVERYTHING, Shop
from tests.servers import ROOT

SEGMENTS = "/api/v1/segments"
RUNS = frozenset("pickle marshal shelve dill joblib yaml eval exec compile".split())
HOSTILE = (
    "'; DROP TABLE profiles_profile; --",
    "x') OR 1=1 --",
    '"; SELECT pg_sleep(60); --',
    "%s %(a)s {0} $1 \\",
    "a' UNION SELECT email FROM accounts_operator --",
    "(a+)+$",
    "\\'; COMMIT; --",
)


def event(name: str, **test: Any) -> dict[str, Any]:
    where = [{"property": "department", "op": "eq", "value": "x", **test}] if test else []
    return {"version": 1, "where": {"event": name, "where": where, "window": "all",
                                    "measure": "count", "op": "ge", "value": 1}}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("place", ["event", "property", "value", "part"])
def test_sql_in_a_rule_is_a_value_or_refused(
    caller: Caller, shop: Shop, hostile: str, place: str
) -> None:
    """Case 61."""
    mei = shop.welcome("mei", says=EVERYTHING)
    shop.sell(mei, 20.0)
    rule = {
        "event": event(hostile),
        "property": event("Order Completed", property=hostile),
        "value": event("Order Completed", value=hostile),
        "part": event("Order Completed", op="contains", value=hostile),
    }[place]

    answer = caller.post(SEGMENTS, {"name": "Hostile", "rule": rule})

    assert answer.status in (201, 400)
    if answer.status == 201:
        made = refresh(Segment.objects.get().pk, as_of=clock.now(), actor="sys:test")
        assert made.size == 0, "nobody did that"
    with purpose("profiling.segmentation", actor="job:test/1"):
        assert Profile.objects.filter(subject_id=mei.subject).exists(), "nothing was dropped"


@pytest.mark.django_db
@pytest.mark.parametrize("op", ["matches", "regex", "like", "~", "ilike", "sql"])
def test_a_rule_takes_no_pattern(caller: Caller, op: str) -> None:
    """Case 61: a pattern that backtracks for ever cannot be given at all."""
    answer = caller.post(SEGMENTS, {"name": "Slow", "rule": event("E", op=op, value="(a+)+$")})

    assert (answer.status, answer.body["code"]) == (400, "rule_refused")


@pytest.mark.django_db
@pytest.mark.parametrize("levels", [33, 60, 1_000])
def test_a_rule_of_a_thousand_levels_is_refused(caller: Caller, levels: int) -> None:
    """Case 61."""
    leaf = '{"trait":"orders","op":"ge","value":1}'
    tree = '{"not":' * levels + leaf + "}" * levels
    body = f'{{"name":"Deep","rule":{{"version":1,"where":{tree}}}}}'

    answer = caller.post(SEGMENTS, raw=body.encode())

    assert answer.status == 400
    assert answer.body["code"] in ("rule_refused", "malformed_json")


def test_every_door_has_a_longest_statement() -> None:
    """Case 61: whatever a statement does, it ends."""
    for role in (Role.WEB, Role.API, Role.INGEST, Role.PORTAL):
        assert 0 < LONGEST_STATEMENT_MS[role] <= 30_000


class _Bomb:
    def __reduce__(self) -> Any:
        return (Path.touch, (Path("/tmp/candor-pickle-was-opened"),))


def test_a_worker_opens_json_alone() -> None:
    """Case 64."""
    accept = prepare_accept_content(app.conf.accept_content)

    for data, kind in (
        (pickle.dumps(_Bomb()), "application/x-python-serialize"),
        (b"!!python/object/apply:os.system ['true']", "application/x-yaml"),
        (b"\x81\xa1a\x01", "application/x-msgpack"),
    ):
        with pytest.raises(ContentDisallowed):
            loads(data, kind, "binary", accept=accept)
    assert loads(b'{"a": 1}', "application/json", "utf-8", accept=accept) == {"a": 1}
    assert app.conf.task_serializer == "json"
    assert app.conf.result_accept_content in (None, ["json"])


def test_nothing_of_ours_opens_what_runs_when_it_is_opened() -> None:
    """Case 64: no pickle, no eval; models are opened by skops, from a list of trusted types."""
    found = []
    for top in ("cdp", "audit", "consent", "profiles", "campaigns"):
        for path in (ROOT / top).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom):
                    names = [node.module or ""]
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    names = [node.func.id] if node.func.id in ("eval", "exec", "compile") else []
                found += [f"{path.name}: {name}" for name in names if name in RUNS]

    assert found == []
