"""The default: servers that `manage.py up` started under var/."""

from django.core.exceptions import ImproperlyConfigured

from cdp.settings.base import *  # noqa: F403
from cdp.settings.base import DEMO, SECRET_KEY
from cdp.settings.strength import SHORTEST_KEY, weakness

# The launcher makes a key; one that was given instead has to be as good.
if SECRET_KEY and not DEMO and (why := weakness(SECRET_KEY, shortest=SHORTEST_KEY)):
    raise ImproperlyConfigured(f"CDP_SECRET_KEY {why}. Make one: openssl rand -base64 48")
