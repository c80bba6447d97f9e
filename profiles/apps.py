"""Django's record of this package."""

from django.apps import AppConfig


class Profiles(AppConfig):
    """What we know about people."""

    name = "profiles"
    label = "profiles"
