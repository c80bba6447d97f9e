"""Django's record of this package."""

from django.apps import AppConfig


class Audit(AppConfig):
    """The log that can be checked."""

    name = "audit"
    label = "audit"
