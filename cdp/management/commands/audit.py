"""`manage.py audit …`: proofs, the verifier key, the newest checkpoint, a new origin."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import proofs, signing
from audit.origins import begin_origin
from audit.proofs import NoSuchEntry
from audit.shelf import newest_checkpoint


class Command(BaseCommand):
    """Hand out what others need to check the log without us."""

    help = "Print a proof, the verifier key or the newest checkpoint of the audit log."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        prove = acts.add_parser("prove", help="the proof file of one entry")
        prove.add_argument("index", type=int)
        prove.add_argument("-o", "--output", type=Path, help="write it to this file")
        acts.add_parser("vkey", help="the verifier key to publish")
        acts.add_parser("checkpoint", help="the newest signed checkpoint")
        origin = acts.add_parser("new-origin", help="go on under a new name after a restore")
        origin.add_argument("--reason", required=True, help="kept in the log; no personal value")

    def handle(self, *args: Any, **options: Any) -> None:
        match options["act"]:
            case "prove":
                self._prove(options["index"], options["output"])
            case "vkey":
                self.stdout.write(signing.vkey())
            case "checkpoint":
                newest = newest_checkpoint()
                if newest is None:
                    raise CommandError("The log has no entry yet.")
                self.stdout.write(newest.note, ending="")
            case "new-origin":
                self.stdout.write(begin_origin(options["reason"]))

    def _prove(self, index: int, output: Path | None) -> None:
        try:
            text = proofs.prove(index)
        except NoSuchEntry as missing:
            raise CommandError(str(missing)) from None
        if output:
            output.write_text(text)
        else:
            self.stdout.write(text, ending="")
