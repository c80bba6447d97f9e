"""Django's record of this package."""

from django.apps import AppConfig


class Consent(AppConfig):
    """What people permit, and the only door to their data."""

    name = "consent"
    label = "consent"
