"""External servers behind HTTPS; refuses to start with weak, known or missing secrets."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from cdp.settings.base import *  # noqa: F403
from cdp.settings.base import (
    DATABASES,
    DEMO,
    SECRET_KEY,
    SECRET_KEY_FALLBACKS,
    SECURE,
    TRUSTED_PROXIES,
    VALKEY_URL,
)
from cdp.settings.strength import SHORTEST_KEY, SHORTEST_PASSWORD, weakness

if DEMO:
    raise ImproperlyConfigured("Unset CDP_DEMO: demo mode prints sign-ins and has no place here.")
if not SECURE:
    raise ImproperlyConfigured("Set CDP_PUBLIC_URL to the https:// address customers use.")
if TRUSTED_PROXIES < 1:
    raise ImproperlyConfigured(
        "Set CDP_TRUSTED_PROXIES to the number of proxies in front: one at least ends TLS."
    )
for name, key in [
    ("CDP_SECRET_KEY", SECRET_KEY),
    *(("CDP_SECRET_KEY_FALLBACKS", former) for former in SECRET_KEY_FALLBACKS),
]:
    if why := weakness(key, shortest=SHORTEST_KEY):
        raise ImproperlyConfigured(f"{name} {why}. Make one: openssl rand -base64 48")
for alias, facts in DATABASES.items():
    by_socket = str(facts["HOST"]).startswith("/") and not facts["PASSWORD"]
    why = "" if by_socket else weakness(str(facts["PASSWORD"]), shortest=SHORTEST_PASSWORD)
    if why:
        raise ImproperlyConfigured(f"The database password of “{alias}” {why}. Give it another.")
_valkey = urlsplit(VALKEY_URL)
if _valkey.scheme != "unix" and (
    why := weakness(_valkey.password or "", shortest=SHORTEST_PASSWORD)
):
    raise ImproperlyConfigured(f"The password in VALKEY_URL {why}. Set requirepass and name it.")

SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^v1/", r"^api/v1/", r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
