"""Django's record of this package."""

from django.apps import AppConfig


class Campaigns(AppConfig):
    """What we do with it."""

    name = "campaigns"
    label = "campaigns"
