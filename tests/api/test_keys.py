"""Who gets in: keys, scopes and the purpose that a request names."""

from datetime import timedelta
from uuid import uuid4

import pytest

from cdp.api.auth import DenyAll
from cdp.api.base import ApiView, Nowhere
from cdp.api.v1.urls import urlpatterns
from cdp.kernel import clock
from cdp.kernel.models import Workspace
from tests.api.conftest import SCOPES, Caller, issue
from tests.people import Shop

pytestmark = pytest.mark.django_db
SOMEBODY = uuid4()
READS = {
    "/api/v1/purposes": "purposes:read",
    f"/api/v1/profiles/{SOMEBODY}": "profiles:read",
    f"/api/v1/profiles/{SOMEBODY}/events": "events:read",
    f"/api/v1/subjects/{SOMEBODY}/consents": "consents:read",
    "/api/v1/segments": "segments:read",
    f"/api/v1/segments/{SOMEBODY}": "segments:read",
    f"/api/v1/segments/{SOMEBODY}/members": "segments:read",
    "/api/v1/campaigns": "campaigns:read",
    f"/api/v1/campaigns/{SOMEBODY}": "campaigns:read",
    f"/api/v1/jobs/{SOMEBODY}": "jobs:read",
    "/api/v1/audit/checkpoint": "audit:read",
}
WRITES = {
    "/api/v1/profiles/search": "profiles:read",
    "/api/v1/segments": "segments:write",
    f"/api/v1/segments/{SOMEBODY}/refreshes": "segments:write",
    f"/api/v1/subjects/{SOMEBODY}/grants": "consents:write",
    f"/api/v1/subjects/{SOMEBODY}/withdrawals": "consents:write",
}


def test_without_a_key_nothing_opens(shop: Shop) -> None:
    for caller in (Caller(""), Caller("cdk_guessed"), Caller("é")):
        for path in READS:
            answer = caller.get(path)
            assert (answer.status, answer.body["code"]) == (401, "not_authenticated")
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("path", "scope"), READS.items())
def test_a_read_opens_with_its_scope_alone(workspace: Workspace, path: str, scope: str) -> None:
    with_it = issue(workspace, scopes=[scope])
    without = issue(workspace, scopes=[each for each in SCOPES if each != scope])

    assert with_it.get(path).status in (200, 404)
    refused = without.get(path)
    assert (refused.status, refused.body["code"]) == (403, "scope_missing")


@pytest.mark.parametrize(("path", "scope"), WRITES.items())
def test_a_write_opens_with_its_scope_alone(workspace: Workspace, path: str, scope: str) -> None:
    with_it = issue(workspace, scopes=[scope])
    without = issue(workspace, scopes=[each for each in SCOPES if each != scope])

    assert with_it.post(path).status in (400, 404)
    assert without.post(path).status == 403


def test_every_view_names_a_scope() -> None:
    views = {pattern.callback.view_class for pattern in urlpatterns}  # type: ignore[union-attr]  # no resolver

    assert {view for view in views if not issubclass(view, ApiView)} == {Nowhere}
    assert not [v for v in views if issubclass(v, ApiView) and isinstance(v.scope, DenyAll)]


def test_a_key_that_ran_out_opens_nothing(workspace: Workspace) -> None:
    caller = issue(workspace, days=1)

    assert caller.get("/api/v1/purposes").status == 200
    with clock.stopped(clock.now() + timedelta(days=2)):
        assert caller.get("/api/v1/purposes").status == 401


def test_a_request_names_a_purpose_of_its_key(workspace: Workspace) -> None:
    several = issue(workspace, purposes=["service", "profiling.segmentation", "marketing.email"])
    single = issue(workspace, purposes=["service"])
    path, codes = f"/api/v1/profiles/{SOMEBODY}", {}

    for named in ("", "no.such", "recommend", "marketing.email", "service"):
        several.purpose = named
        answer = several.get(path)
        codes[named] = (answer.status, answer.body["code"])
    single.purpose = ""

    assert codes == {
        "": (400, "purpose_required"),
        "no.such": (400, "unknown_purpose"),
        "recommend": (403, "purpose_not_allowed"),
        "marketing.email": (403, "purpose_not_allowed"),  # a worker's, never the API's
        "service": (404, "not_found"),
    }
    assert single.get(path).status == 404
