"""`manage.py verify_audit`: check the log; exit 1 names the first bad entry, 2 says not checked."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.verdict import Verdict
from audit.verify import verify
from cdp.kernel.errors import CdpError


class Command(BaseCommand):
    """Check every entry, tile, signature and anchor of the audit log."""

    help = "Check the whole audit log; exit 1 and name the first entry that does not fit."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the verdict as JSON")
        since = (
            "size of an earlier checkpoint: check only that the log adds to it, and what it adds"
        )
        parser.add_argument("--since", type=int, default=0, metavar="SIZE", help=since)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            verdict = verify(since=options["since"])
        except CdpError as failure:  # nothing was found out: that is not a log that does not hold
            raise CommandError(str(failure), returncode=2) from None
        self.stdout.write(as_json(verdict) if options["json"] else as_text(verdict))
        if verdict.problem:
            raise CommandError(verdict.problem.text, returncode=1)


def as_json(verdict: Verdict) -> str:
    """Return the verdict as one JSON object; `problem` is null when the log holds."""
    facts = asdict(verdict) | {"oldest_waiting": verdict.oldest_waiting.total_seconds()}
    return json.dumps(facts, indent=1)


def as_text(verdict: Verdict) -> str:
    """Return the verdict for a reader."""
    since = f" from entry {verdict.since:,} on" if verdict.since else ""
    lines = [
        f"{verdict.size:,} entries{since}, {verdict.checkpoints:,} checkpoints, "
        f"{verdict.anchors:,} anchors, {verdict.cosignatures:,} cosignatures checked; "
        f"{verdict.waiting:,} entries waiting "
        f"(oldest {verdict.oldest_waiting.total_seconds():.1f} s).",
        f"Root {verdict.root}",
    ]
    if verdict.dropped:
        lines.append(f"The detail of {verdict.dropped:,} entries was dropped, as the log says.")
    if verdict.backward:
        lines.append(
            f"{verdict.backward:,} entries bear an earlier time than what was written before them: "
            f"the clock went back. Their order is their number."
        )
    holds = "The log does not hold." if verdict.problem else "The log holds."
    return f"{holds} " + "\n".join(lines)
