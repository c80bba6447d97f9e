"""Django's record of this package."""

from django.apps import AppConfig


class Approvals(AppConfig):
    """What was asked for, and what became of it."""

    name = "cdp.approvals"
    label = "approvals"
