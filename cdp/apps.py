"""Django's record of the doors: templates, commands, no tables."""

from django.apps import AppConfig

from cdp.celery import app  # every process that enqueues needs the app that knows the broker

__all__ = ["Cdp", "app"]


class Cdp(AppConfig):
    """The doors and the shop floor."""

    name = "cdp"
    label = "cdp"
