"""What a deployment is told: weak secrets are refused, secrets may be files, cookies are bound."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cdp.settings.strength import weakness
from tests.servers import ROOT

STRONG = "vX9qTr4LmZ7pWc2KdYh6NbGs8JfEu3RaQo5iHtVl1x0="
GOOD = {
    "DJANGO_SETTINGS_MODULE": "cdp.settings.production",
    "CDP_SECRET_KEY": STRONG,
    "CDP_PUBLIC_URL": "https://shop.example",
    "CDP_TRUSTED_PROXIES": "1",
    "CDP_PROCESS": "web",
    "CDP_DSNS": json.dumps(
        {
            role: f"postgresql://{role}:{STRONG[:24]}@db.internal/candor"
            for role in ("cdp_web", "cdp_ingest", "cdp_api", "cdp_portal")
        }
    ),
    "VALKEY_URL": f"redis://:{STRONG[:24]}@valkey.internal:6379",
}
ASK = """
import json
from django.conf import settings
names = {names!r}
print(json.dumps({{name: getattr(settings, name) for name in names}}))
"""


def told(environment: dict[str, str], *names: str) -> subprocess.CompletedProcess[str]:
    """Have a process of its own read the settings, and print those of these names."""
    return subprocess.run(
        [sys.executable, "-c", ASK.format(names=names or ("DEBUG",))],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "CDP_VAR": "/nonexistent", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def values(environment: dict[str, str], *names: str) -> dict[str, object]:
    done = told(environment, *names)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_production_stands_behind_https_with_bound_cookies() -> None:
    names = [
        "DEBUG", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS",
        "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY",
        "CSRF_COOKIE_HTTPONLY", "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "LANGUAGE_COOKIE_NAME",
        "THEME_COOKIE_NAME", "X_FRAME_OPTIONS", "PASSWORD_RESET_TIMEOUT", "ALLOWED_HOSTS",
        "SECURE_REDIRECT_EXEMPT", "SECURE_PROXY_SSL_HEADER",
    ]  # fmt: skip

    assert values(GOOD, *names) == {
        "DEBUG": False,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31536000,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_NAME": "__Host-candor_console",
        "CSRF_COOKIE_NAME": "__Host-candor_csrf",
        "LANGUAGE_COOKIE_NAME": "__Host-candor_language",
        "THEME_COOKIE_NAME": "__Host-candor_theme",
        "X_FRAME_OPTIONS": "DENY",
        "PASSWORD_RESET_TIMEOUT": 600,
        "ALLOWED_HOSTS": ["127.0.0.1", "localhost", "shop.example"],
        "SECURE_REDIRECT_EXEMPT": ["^v1/", "^api/v1/", "^healthz$", "^readyz$"],
        "SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"],
    }


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"CDP_SECRET_KEY": ""}, "CDP_SECRET_KEY"),
        ({"CDP_SECRET_KEY": STRONG[:39]}, "CDP_SECRET_KEY"),
        ({"CDP_SECRET_KEY": "x" * 64}, "CDP_SECRET_KEY"),
        ({"CDP_SECRET_KEY": "django-insecure-" + STRONG[:30]}, "CDP_SECRET_KEY"),
        ({"CDP_SECRET_KEY_FALLBACKS": f"{STRONG} short"}, "CDP_SECRET_KEY_FALLBACKS"),
        ({"CDP_DEMO": "1"}, "CDP_DEMO"),
        ({"CDP_PUBLIC_URL": "http://shop.example"}, "CDP_PUBLIC_URL"),
        ({"CDP_TRUSTED_PROXIES": "0"}, "CDP_TRUSTED_PROXIES"),
        ({"VALKEY_URL": "redis://valkey.internal:6379"}, "VALKEY_URL"),
        ({"VALKEY_URL": "redis://:changeme@valkey.internal:6379"}, "VALKEY_URL"),
        ({"CDP_DSNS": GOOD["CDP_DSNS"].replace(STRONG[:24], "postgres")}, "database password"),
        ({"CDP_DSNS": GOOD["CDP_DSNS"].replace(f":{STRONG[:24]}", "")}, "database password"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_weak_deployment_does_not_start_and_says_what_to_set(
    change: dict[str, str], named: str
) -> None:
    done = told(GOOD | change)

    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert "ImproperlyConfigured" in last and named in last
    assert STRONG[:24] not in last


def test_a_weak_key_is_refused_beside_the_launcher_too() -> None:
    weak = {"DJANGO_SETTINGS_MODULE": "cdp.settings.embedded", "CDP_SECRET_KEY": "secret"}

    assert "CDP_SECRET_KEY" in told(weak).stderr
    assert told(weak | {"CDP_SECRET_KEY": STRONG}).returncode == 0


def test_every_secret_may_be_a_file(tmp_path: Path) -> None:
    wanted = {
        "CDP_SECRET_KEY": STRONG,
        "CDP_SECRET_KEY_FALLBACKS": f"{STRONG[::-1]}\n",
        "VALKEY_URL": GOOD["VALKEY_URL"],
        "CDP_DSNS": GOOD["CDP_DSNS"],
        "CDP_SMTP_PASSWORD": "relay-password",
    }
    environment = {name: value for name, value in GOOD.items() if name not in wanted}
    for name, value in wanted.items():
        (tmp_path / name).write_text(value)
        environment[f"{name}_FILE"] = str(tmp_path / name)

    read = values(environment, "SECRET_KEY", "SECRET_KEY_FALLBACKS", "VALKEY_URL", "SMTP_PASSWORD",
                  "DATABASES")  # fmt: skip

    assert read["SECRET_KEY"] == STRONG
    assert read["SECRET_KEY_FALLBACKS"] == [STRONG[::-1]]
    assert read["VALKEY_URL"] == GOOD["VALKEY_URL"]
    assert read["SMTP_PASSWORD"] == "relay-password"
    databases = read["DATABASES"]
    assert isinstance(databases, dict)
    assert {each["PASSWORD"] for each in databases.values()} == {STRONG[:24]}


@pytest.mark.parametrize("value", ["", "a" * 50, "changeme-1234567", "postgres-12345678", "short"])
def test_what_anybody_would_guess_is_weak(value: str) -> None:
    why = weakness(value, shortest=16)

    assert why
    assert not value or value not in why


def test_what_a_generator_made_is_strong_though_a_word_stands_in_it() -> None:
    assert weakness(STRONG, shortest=40) == ""
    assert weakness("secret" + STRONG, shortest=40) == ""
