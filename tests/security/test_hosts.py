"""Hosts, schemes, headers: what is served where, over what, and what every answer says."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from cdp.hosts import is_served
from tests.security import matrix
from tests.servers import ROOT

pytestmark = pytest.mark.django_db
_READS_FILES = re.compile(r"request\.FILES|FileField|ImageField|MultiPartParser|FileInput")


@pytest.fixture
def two_hosts(settings: Any) -> None:
    """Give the console a host of its own."""
    settings.CONSOLE_HOST, settings.PUBLIC_HOST = "console.example", "shop.example"
    settings.ALLOWED_HOSTS = ["console.example", "shop.example"]


@pytest.fixture
def by_https_alone(settings: Any) -> None:
    """Serve as `cdp.settings.production` does."""
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^v1/", r"^api/v1/", r"^healthz$", r"^readyz$"]
    settings.SECURE_HSTS_SECONDS = 31536000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True


def status(path: str, host: str) -> int:
    return Client().get(path, headers={"Host": host}).status_code


def test_each_host_serves_its_own_paths_alone(workspace: Any, two_hosts: None) -> None:
    ours = {"/account/signin/", "/console/"}
    theirs = {"/my/signin/", "/my/"}

    there = {
        host: {
            path for path in ours | theirs | {"/healthz"} if status(path, f"{host}.example") != 404
        }
        for host in ("console", "shop")
    }

    assert there == {"console": ours | {"/healthz"}, "shop": theirs | {"/healthz"}}


def test_the_bare_address_leads_to_what_a_host_is_for(two_hosts: None) -> None:
    leads = {
        host: Client().get("/", headers={"Host": host}).headers["Location"]
        for host in ("console.example", "shop.example")
    }

    assert leads == {"console.example": "/console/", "shop.example": "/my/"}


def test_every_address_is_served_by_one_of_the_hosts_at_least(two_hosts: None) -> None:
    for path in paths():
        assert is_served(path, "console.example") or is_served(path, "shop.example"), path


def test_one_host_serves_everything_where_none_is_named() -> None:
    assert all(is_served(path, "anything") for path in paths())


def paths() -> list[str]:
    """Return every address of the platform, with its parameters as they are written."""
    return [path for path, _ in matrix.patterns()]


@pytest.mark.parametrize(
    "path", ["/", "/console/", "/my/", "/v1/track", "/api/v1/purposes", "/healthz"]
)
def test_a_forged_host_gets_nothing(path: str) -> None:
    """Case 59: no answer, so no link and no cache entry of ours carries a stranger's name."""
    answer = Client(raise_request_exception=False).get(path, headers={"Host": "evil.example"})

    assert answer.status_code == 400
    assert b"evil" not in answer.content


def test_a_forwarded_host_is_not_believed(workspace: Any) -> None:
    """Case 59."""
    answer = Client().get("/console/", headers={"X-Forwarded-Host": "evil.example"})

    assert "evil.example" not in answer.headers["Location"]


def test_no_link_that_leaves_us_is_made_from_the_request() -> None:
    """Case 59: mails, portal links and tokens are built from PUBLIC_URL."""
    allowed = {"cdp/api/pagination.py", "cdp/api/v1/segments.py", "cdp/api/v1/jobs.py"}
    found = {
        str(path.relative_to(ROOT))
        for top in ("cdp", "campaigns", "profiles", "consent", "audit")
        for path in Path(ROOT / top).rglob("*.py")
        if "build_absolute_uri" in path.read_text()
    }

    assert found <= allowed, "answers to the caller itself, and nothing else"


def test_a_browser_is_led_to_https_and_a_program_is_refused(by_https_alone: None) -> None:
    led = Client().get("/console/")
    refused = [
        Client().post("/v1/track", {}, content_type="application/json"),
        Client().get("/api/v1/purposes", headers={"Authorization": "Bearer cdk_x"}),
    ]

    assert (led.status_code, led.headers["Location"]) == (301, "https://testserver/console/")
    for answer in refused:
        assert (answer.status_code, answer.json()["code"]) == (403, "https_required")
        assert "Location" not in answer.headers
    assert Client().get("/healthz").status_code == 200


def test_by_https_the_browser_is_told_to_stay_there(by_https_alone: None) -> None:
    answer = Client().get("/healthz", secure=True)

    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize(
    "path", ["/account/signin/", "/my/", "/console/", "/no/such", "/u/x", "/r/x"]
)
def test_every_page_says_what_a_browser_may_do_with_it(workspace: Any, path: str) -> None:
    headers = Client().get(path).headers

    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "geolocation=()" in headers["Permissions-Policy"]
    assert "Server" not in headers and "X-Powered-By" not in headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "*" not in policy
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    wanted = "no-referrer" if path[:3] in ("/u/", "/r/") else "same-origin"
    assert headers["Referrer-Policy"] == wanted
    if headers.get("Content-Type"):
        assert re.fullmatch(r"text/html; charset=utf-8", headers["Content-Type"])


def test_the_tracking_door_is_open_to_other_sites_and_to_no_cookie() -> None:
    answer = Client().options("/v1/track", headers={"Origin": "https://site.example"})

    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_the_management_api_is_open_to_no_other_site() -> None:
    answer = Client().get("/api/v1/purposes", headers={"Origin": "https://site.example"})

    assert not [name for name in answer.headers if name.startswith("Access-Control")]


def test_security_txt_says_whom_to_tell(settings: Any) -> None:
    assert Client().get("/.well-known/security.txt").status_code == 404
    settings.SECURITY_CONTACT = "mailto:security@shop.example"

    answer = Client().get("/.well-known/security.txt")

    lines = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert lines["Contact"] == "mailto:security@shop.example"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", lines["Expires"])


def test_nothing_is_uploaded_so_far() -> None:
    """The first view that reads a file brings the checks of the reference, part 4.6, with it."""
    reading = [
        str(path)
        for top in ("cdp", "campaigns", "profiles", "consent", "audit")
        for path in Path(ROOT / top).rglob("*.py")
        if _READS_FILES.search(path.read_text())
    ]
    forms = [
        str(path)
        for path in Path(ROOT / "templates").rglob("*.html")
        if path.name != "log_files.html"  # its page reads the proof itself and sends nothing
        and ("multipart/form-data" in path.read_text() or 'type="file"' in path.read_text())
    ]

    assert reading == [] and forms == []
