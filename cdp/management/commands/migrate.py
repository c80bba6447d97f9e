"""Django's migrate, then everything in the database that is not a table."""

from typing import Any

from django.core.management.commands.migrate import Command as DjangoMigrate

from cdp.install import install


class Command(DjangoMigrate):
    """Bring the database to the code's state: tables, then policies, triggers, grants, purposes."""

    requires_system_checks: list[str] = []  # the doors need not be importable to make tables

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        whole = not options.get("app_label") and not options.get("check_unapplied")
        if whole and not options.get("plan"):
            install()
            self.stdout.write("Policies, triggers, grants and purposes are in force.")
