"""
Every address of the platform and what opens it: one line a route, one line an operation.

The words on the right are a door or, in the console, the permission that a view asks for; which
role holds it says `cdp.accounts.permissions`. A new route without a line here fails.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from cdp.api import schema

ANYBODY = "anybody"
OPERATOR = "a signed-in operator"
HALF_WAY = "an operator between password and second step"
CUSTOMER = "a signed-in customer"
TOKEN = "the token in the address"
WRITE_KEY = "a write key"
API_KEY = "an API key"
ANY_ROLE = "any"

ROUTES: Mapping[str, str] = {
    "/": ANYBODY,
    "/.well-known/security.txt": ANYBODY,
    "/healthz": ANYBODY,
    "/readyz": ANYBODY,
    "/csp-report": ANYBODY,
    # the log for everybody: hashes and signatures, never an entry
    "/log/": ANYBODY,
    "/log/verify_log.py": ANYBODY,
    "/log/checkpoint": ANYBODY,
    "/log/vkey": ANYBODY,
    "/log/tile/<path:place>": ANYBODY,
    # operators: sign-in and their own account
    "/account/": OPERATOR,
    "/account/name/": OPERATOR,
    "/account/password/": OPERATOR,
    "/account/stay/": OPERATOR,
    "/account/devices/end/": OPERATOR,
    "/account/devices/<uuid:session>/end/": OPERATOR,
    "/account/join/": ANYBODY,  # the token is in the form
    "/account/signin/": ANYBODY,
    "/account/signin/passkey/": ANYBODY,
    "/account/signin/cancel/": ANYBODY,
    "/account/signin/second-step/": HALF_WAY,
    "/account/signout/": ANYBODY,
    "/account/confirm/": OPERATOR,
    "/account/confirm/onward/": OPERATOR,
    "/account/two-step/": OPERATOR,
    "/account/two-step/app/add/": OPERATOR,
    "/account/two-step/app/remove/": OPERATOR,
    "/account/two-step/passkeys/add/": OPERATOR,
    "/account/two-step/passkeys/<int:pk>/remove/": OPERATOR,
    "/account/two-step/codes/": OPERATOR,
    "/account/two-step/codes/new/": OPERATOR,
    "/account/language/": ANYBODY,
    "/account/theme/": ANYBODY,
    # console
    "/console/": ANY_ROLE,
    "/console/access/": ANY_ROLE,
    "/console/profiles/": "profiles:read",
    "/console/profiles/find/": "pii:reveal",
    "/console/profiles/<uuid:subject>/": "profiles:read",
    "/console/profiles/<uuid:subject>/contact/": "pii:reveal",
    "/console/profiles/<uuid:subject>/<slug:tab>/": "profiles:read",
    "/console/segments/": "segments:read",
    "/console/segments/new/": "segments:write",
    "/console/segments/count/": "segments:read",
    "/console/segments/count/<uuid:run_id>/": "segments:read",
    "/console/segments/<uuid:segment_id>/": "segments:read",
    "/console/segments/<uuid:segment_id>/edit/": "segments:write",
    "/console/segments/<uuid:segment_id>/refresh/": "segments:write",
    "/console/segments/<uuid:segment_id>/archive/": "segments:write",
    "/console/campaigns/": "campaigns:read",
    "/console/campaigns/new/": "campaigns:write",
    "/console/campaigns/<uuid:campaign_id>/": "campaigns:read",
    "/console/campaigns/<uuid:campaign_id>/launch/": "campaigns:send",
    "/console/campaigns/<uuid:campaign_id>/approval/": "campaigns:send",
    "/console/campaigns/<uuid:campaign_id>/reach/": "campaigns:read",
    "/console/campaigns/<uuid:campaign_id>/reach/<uuid:run_id>/": "campaigns:read",
    "/console/campaigns/<uuid:campaign_id>/preview/": "campaigns:write",
    "/console/campaigns/<uuid:campaign_id>/preview/<uuid:run_id>/": "campaigns:write",
    "/console/campaigns/<uuid:campaign_id>/<slug:act>/": "campaigns:send",
    "/console/scoring/": "insights:read",
    "/console/scoring/<slug:model>/<slug:act>/": "models:write",
    "/console/consents/": "insights:read",
    "/console/audit/": "audit:read",
    "/console/audit/<int:index>/": "audit:read",
    "/console/audit/<int:index>/proof/": "audit:read",
    "/console/audit/<int:index>/detail/": "audit:read",
    "/console/audit/<int:index>/request/": "audit:read",
    "/console/audit/reasons/": "audit:read",
    "/console/audit/find/": "audit:read pii:reveal",
    "/console/audit/check/": "audit:read",
    "/console/audit/check/<uuid:run_id>/": "audit:read",
    "/console/audit/verifier/": "audit:read",
    "/console/audit/export/": "audit:read",
    "/console/audit/alerts/": "audit:read",
    "/console/audit/alerts/new/": "audit:read",
    "/console/audit/alerts/<uuid:alert_id>/": "audit:read",
    "/console/sources/": "events:read",
    "/console/sources/<uuid:source>/": "events:read",
    "/console/sources/<uuid:source>/keys/": "sources:manage",
    "/console/sources/keys/<uuid:key>/rotation/": "sources:manage",
    "/console/sources/keys/<uuid:key>/revocation/": "sources:manage",
    "/console/approvals/": ANY_ROLE,
    "/console/approvals/<uuid:approval_id>/": ANY_ROLE,
    "/console/approvals/<uuid:approval_id>/approval/": ANY_ROLE,  # who decides: cdp.approvals
    "/console/approvals/<uuid:approval_id>/rejection/": ANY_ROLE,
    "/console/approvals/<uuid:approval_id>/withdrawal/": ANY_ROLE,
    "/console/exports/": "exports:create",
    "/console/exports/new/": "exports:create",
    "/console/exports/<uuid:export_id>/": "exports:create",
    "/console/exports/<uuid:export_id>/approval/": "exports:create",
    "/console/exports/<uuid:export_id>/start/": "exports:create",
    "/console/exports/<uuid:export_id>/file/": "exports:create",
    "/console/notifications/": ANY_ROLE,
    "/console/notifications/read/": ANY_ROLE,
    "/console/notifications/<uuid:notification_id>/": ANY_ROLE,
    "/console/jobs/": "jobs:read",
    "/console/jobs/<uuid:run_id>/": "jobs:read",
    "/console/jobs/<uuid:run_id>/cancel/": "jobs:write",
    "/console/settings/": "workspace:manage",
    "/console/settings/team/": "team:manage",
    "/console/settings/team/invite/": "team:manage",
    "/console/settings/team/<uuid:operator>/": "team:manage",
    "/console/settings/team/<uuid:operator>/roles/<slug:role>/": "team:manage",
    "/console/settings/team/<uuid:operator>/roles/<slug:role>/approval/": "team:manage",
    "/console/settings/team/<uuid:operator>/second-step/": "team:manage",
    "/console/settings/team/<uuid:operator>/link/": "team:manage",
    "/console/settings/team/<uuid:operator>/access/": "team:manage",
    "/console/settings/keys/": "keys:manage",
    "/console/settings/keys/rewrap/": "keys:manage",
    "/console/settings/keys/<slug:use>/rotation/": "keys:manage",
    "/console/settings/keys/<slug:use>/<int:key_id>/<slug:ending>/approval/": "keys:manage",
    "/console/settings/keys/<slug:use>/<int:key_id>/<slug:ending>/": "keys:manage",
    "/console/settings/api-keys/": "keys:manage",
    "/console/settings/api-keys/new/": "keys:manage",
    "/console/settings/api-keys/<uuid:key>/": "keys:manage",
    "/console/settings/api-keys/<uuid:key>/rotation/": "keys:manage",
    "/console/settings/api-keys/<uuid:key>/revocation/": "keys:manage",
    # portal
    "/my/": CUSTOMER,
    "/my/signin/": ANYBODY,
    "/my/enter/": ANYBODY,
    "/my/signout/": ANYBODY,
    "/my/permissions/": CUSTOMER,
    "/my/permissions/stop/": CUSTOMER,
    "/my/permissions/restore/": CUSTOMER,
    "/my/permissions/kind/<slug:name>/": CUSTOMER,
    "/my/permissions/<str:purpose>/": CUSTOMER,
    "/my/reasons/": CUSTOMER,
    "/my/reasons/<uuid:explanation_id>/": CUSTOMER,
    "/my/history/": CUSTOMER,
    "/my/history/<int:index>/proof/": CUSTOMER,
    "/my/data/": CUSTOMER,
    "/my/data/show/": CUSTOMER,
    "/my/scores/": CUSTOMER,
    "/u/<str:token>": TOKEN,
    "/r/<str:token>": TOKEN,
    # tracking: each with and without a slash at its end
    "/v1/batch": WRITE_KEY,
    "/v1/b": WRITE_KEY,
    "/v1/import": WRITE_KEY,
    "/v1/m": ANYBODY,  # what SDKs measure of themselves: dropped
    "/v1/projects/<str:write_key>/settings": WRITE_KEY,
    "/v1/<slug:kind>": WRITE_KEY,
    # management API; what its scopes open is below
    "/api/v1/purposes": API_KEY,
    "/api/v1/profiles/search": API_KEY,
    "/api/v1/profiles/<uuid:subject>": API_KEY,
    "/api/v1/profiles/<uuid:subject>/events": API_KEY,
    "/api/v1/subjects/<uuid:subject>/consents": API_KEY,
    "/api/v1/subjects/<uuid:subject>/grants": API_KEY,
    "/api/v1/subjects/<uuid:subject>/withdrawals": API_KEY,
    "/api/v1/segments": API_KEY,
    "/api/v1/segments/<uuid:segment>": API_KEY,
    "/api/v1/segments/<uuid:segment>/refreshes": API_KEY,
    "/api/v1/segments/<uuid:segment>/members": API_KEY,
    "/api/v1/campaigns": API_KEY,
    "/api/v1/campaigns/<uuid:campaign>": API_KEY,
    "/api/v1/jobs/<uuid:run>": API_KEY,
    "/api/v1/audit/checkpoint": API_KEY,
    "/api/v1/": ANYBODY,  # every other address below it: 404
    "/api/schema/": ANYBODY,
    "/api/docs/": ANYBODY,
}

OPERATIONS: Mapping[tuple[str, str], str] = {
    ("GET", "/api/v1/purposes"): "purposes:read",
    ("POST", "/api/v1/profiles/search"): "profiles:read",
    ("GET", "/api/v1/profiles/{subject}"): "profiles:read",
    ("GET", "/api/v1/profiles/{subject}/events"): "events:read",
    ("GET", "/api/v1/subjects/{subject}/consents"): "consents:read",
    ("POST", "/api/v1/subjects/{subject}/grants"): "consents:write",
    ("POST", "/api/v1/subjects/{subject}/withdrawals"): "consents:write",
    ("GET", "/api/v1/segments"): "segments:read",
    ("POST", "/api/v1/segments"): "segments:write",
    ("GET", "/api/v1/segments/{segment}"): "segments:read",
    ("POST", "/api/v1/segments/{segment}/refreshes"): "segments:write",
    ("GET", "/api/v1/segments/{segment}/members"): "segments:read",
    ("GET", "/api/v1/campaigns"): "campaigns:read",
    ("GET", "/api/v1/campaigns/{campaign}"): "campaigns:read",
    ("GET", "/api/v1/jobs/{run}"): "jobs:read",
    ("GET", "/api/v1/audit/checkpoint"): "audit:read",
}


@dataclass(frozen=True, slots=True)
class Route:
    """One address as the URLconf has it; `permission` is what a console view asks for."""

    pattern: str
    permission: str
    parameters: tuple[str, ...]

    def opens_with(self, held: Collection[str]) -> bool:
        """Return whether these permissions are all that the matrix asks for."""
        return set(ROUTES[self.pattern].split()) <= set(held)

    def at(self, filled: Mapping[str, object]) -> str:
        """Return the address with its parameters filled in."""
        path = self.pattern
        for name in self.parameters:
            start = path.index("<")
            path = f"{path[:start]}{filled[name]}{path[path.index('>') + 1 :]}"
        return path


def routes() -> list[Route]:
    """Return every address of the URLconf once; two spellings of a slash are one."""
    found: dict[str, Route] = {}
    for pattern, endpoint in patterns():
        if pattern.startswith("/v1/"):
            pattern = pattern.removesuffix("/")
        permission = getattr(endpoint.callback, "permission", "")
        names = tuple(endpoint.pattern.converters)
        route = Route(pattern, permission, names)
        found.setdefault(pattern, route)
    return list(found.values())


def patterns() -> Iterator[tuple[str, URLPattern]]:
    """Yield every pattern of the URLconf with its whole address, as it is written."""
    return _walk(get_resolver(), "/")


def _walk(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        whole = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _walk(each, whole)
        else:
            yield whole, each


def opened_by(*doors: str) -> list[Route]:
    """Return the routes that the matrix says one of these doors opens."""
    return [route for route in routes() if ROUTES.get(route.pattern) in doors]


def console() -> list[Route]:
    """Return the console's routes that have a line."""
    ours = [route for route in routes() if route.pattern.startswith("/console/")]
    return [route for route in ours if route.pattern in ROUTES]


def operations() -> dict[tuple[str, str], Any]:
    """Return the operations that the OpenAPI description lists."""
    return {
        (method.upper(), path): described
        for path, item in schema.document()["paths"].items()
        for method, described in item.items()
    }
