"""Django's record of the doors: templates, commands, no tables."""

from django.apps import AppConfig


class Cdp(AppConfig):
    """The doors and the shop floor."""

    name = "cdp"
    label = "cdp"
