"""`manage.py verify_audit`: check the whole log; exit 1 and name the first bad entry."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.verify import Verdict, verify


class Command(BaseCommand):
    """Check every entry, tile, signature and anchor of the audit log."""

    help = "Check the whole audit log; exit 1 and name the first entry that does not fit."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the verdict as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = verify()
        self.stdout.write(as_json(verdict) if options["json"] else as_text(verdict))
        if verdict.problem:
            raise CommandError(verdict.problem.text, returncode=1)


def as_json(verdict: Verdict) -> str:
    """Return the verdict as one JSON object; `problem` is null when the log holds."""
    facts = asdict(verdict) | {"oldest_waiting": verdict.oldest_waiting.total_seconds()}
    return json.dumps(facts, indent=1)


def as_text(verdict: Verdict) -> str:
    """Return the verdict for a reader."""
    counted = (
        f"{verdict.size:,} entries, {verdict.checkpoints:,} checkpoints, "
        f"{verdict.anchors:,} anchors checked; {verdict.waiting:,} entries waiting "
        f"(oldest {verdict.oldest_waiting.total_seconds():.1f} s).\nRoot {verdict.root}"
    )
    return f"The log does not hold. {counted}" if verdict.problem else f"The log holds. {counted}"
