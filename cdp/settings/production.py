"""External servers behind HTTPS; refuses to start with demo secrets."""

from django.core.exceptions import ImproperlyConfigured

from cdp.settings.base import *  # noqa: F403
from cdp.settings.base import DEMO, SECRET_KEY, SECURE

if len(SECRET_KEY) < 40:
    raise ImproperlyConfigured("Set CDP_SECRET_KEY (or CDP_SECRET_KEY_FILE) to 40 characters.")
if DEMO:
    raise ImproperlyConfigured("Unset CDP_DEMO: demo mode prints sign-ins and has no place here.")
if not SECURE:
    raise ImproperlyConfigured("Set CDP_PUBLIC_URL to the https:// address customers use.")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^v1/", r"^api/", r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
