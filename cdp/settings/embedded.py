"""The default: servers that `manage.py up` started under var/."""

from cdp.settings.base import *  # noqa: F403
