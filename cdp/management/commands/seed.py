"""Make the demo's workspace, sign-ins, sources and keys."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from cdp.demo.seed import seed


class Command(BaseCommand):
    """Prepare a workspace for the sample data."""

    help = "Make the demo's workspace, sign-ins, sources and keys; safe to repeat."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        seed(settings.VAR)
