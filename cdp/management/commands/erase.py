"""`manage.py erase`: erase people by subject id, show what would go, or replay after a restore."""

import json
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from audit.actors import Actor
from cdp.approvals.require import ApprovalNeeded
from cdp.kernel import database, workspaces
from cdp.kernel.errors import CdpError
from cdp.kernel.models import Workspace
from cdp.rights import certificate, erase, several
from consent import boot, erasures

ACTOR = Actor.system("erase")


class Command(BaseCommand):
    """Erase people for good, on the record; print a certificate for each."""

    help = "Erase people by subject id, with every trace but the proofs; prints a certificate each."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("subject", nargs="*", type=UUID, help="subject ids, as in the console")
        parser.add_argument("--workspace", default="", help="its key, where there are several")
        parser.add_argument("--reason", default="request", help="one word for the ledger")
        parser.add_argument("--dry-run", action="store_true", help="only count what would go")
        parser.add_argument("--approval", type=UUID, help="the approval to erase several people")
        parser.add_argument("--certificate", type=UUID, help="print that erasure's certificate")
        parser.add_argument(
            "--replay", action="store_true", help="put in force again what a restore brought back"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """
        Do one of these.

        :raises CommandError: it was refused; the text says what to do
        """
        try:
            boot.check_protection()
            if options["replay"]:
                self._replay()
                return
            erasures.check()
            with database.in_workspace(_workspace(options["workspace"])):
                if options["certificate"]:
                    self._print(certificate.certify(options["certificate"]).as_document())
                elif options["dry_run"]:
                    self._plan(options["subject"])
                else:
                    self._erase(**options)
        except CdpError as refusal:
            raise CommandError(str(refusal)) from None

    def _replay(self) -> None:
        noted = erasures.publish()  # what a crash between commit and file left out
        count = erase.replay(erasures.missing())
        self.stdout.write(f"{count} erasures replayed, {noted} noted in the ledger's file.")

    def _plan(self, subjects: list[UUID]) -> None:
        for subject in subjects:
            plan = erase.plan(subject, actor=ACTOR)
            self._print({"subject": str(plan.subject), "rows": plan.counts, "all": plan.rows})

    def _erase(self, *, subject: list[UUID], reason: str, approval: UUID | None, **_: Any) -> None:
        if not subject:
            raise CommandError("Name at least one subject id.")
        try:
            lines = several.erase_all(subject, actor=ACTOR, reason=reason, approval=approval)
        except ApprovalNeeded as needed:
            if approval:
                raise
            asked = several.ask(subject, actor=ACTOR, reason=reason)
            raise CommandError(
                f"{needed} It was asked for; run this again with: --approval {asked.pk}"
            ) from None
        for line in lines:
            self._print(certificate.certify(line.id).as_document())

    def _print(self, document: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(document, indent=1))


def _workspace(key: str) -> UUID:
    """Return the workspace of that key, or the only one."""
    if key:
        found = Workspace.objects.filter(key=key).values_list("id", flat=True).first()
        if found is None:
            raise CommandError(f"There is no workspace “{key}”.")
        return found
    every = workspaces.every()
    if len(every) != 1:
        raise CommandError("Say which workspace: --workspace KEY.")
    return every[0]
