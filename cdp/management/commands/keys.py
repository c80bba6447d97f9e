"""`manage.py keys …`: make, look at, rotate, wrap anew, retire and destroy keys."""

import json
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from audit.actors import Actor
from cdp.approvals.kinds import Kind
from cdp.kernel import clock, database, key_register, keyring, workspaces
from cdp.kernel.errors import CdpError
from cdp.kernel.keyring import Use
from cdp.keys import approval as approvals
from cdp.keys import work
from cdp.keys.retire import destroy, retire
from cdp.keys.rewrap import BATCH, rewrap
from cdp.keys.rotate import rotate
from cdp.keys.status import KeyStatus, Status, status
from cdp.runtime.launch import LOG_ORIGIN

ACTOR = Actor.system("command")


class Command(BaseCommand):
    """Manage the keys of a deployment; no act shows a material."""

    help = "Make, look at, rotate, wrap anew, retire and destroy keys."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        init = acts.add_parser("init", help="a first keyring, one key of each use")
        init.add_argument("--origin", default=LOG_ORIGIN, help="the audit log's name")
        shown = acts.add_parser("status", help="every key, its state and who uses it")
        shown.add_argument("--json", action="store_true", help="print it as JSON")
        turned = acts.add_parser("rotate", help="begin a new key of a use")
        turned.add_argument("--use", type=Use, choices=list(Use), required=True)
        again = acts.add_parser("rewrap", help="wrap every data key under the active KEK")
        again.add_argument("--batch", type=int, default=BATCH, help="data keys a transaction")
        ended = acts.add_parser("retire", help="end a former key that nothing needs")
        which = ended.add_mutually_exclusive_group(required=True)
        which.add_argument("--kek", type=int, metavar="N", help="a key-encryption key")
        which.add_argument("--sign", type=int, metavar="N", help="a key that signed the log")
        gone = acts.add_parser("destroy", help="destroy the material of a retired KEK")
        gone.add_argument("--kek", type=int, metavar="N", required=True)
        for act in (ended, gone):
            act.add_argument("--approval", type=UUID, help="the number of its approval")
        gone.add_argument("--again", type=int, metavar="N", help="the number again, unasked")
        acts.add_parser("wrap", help="let the key service wrap what lies in the file plainly")

    def handle(self, *args: Any, **options: Any) -> None:
        """
        Do one act.

        :raises CommandError: it is refused; the text says why and what to do
        """
        try:
            match options["act"]:
                case "init":
                    self._init(options["origin"])
                case "status":
                    found = status()
                    self.stdout.write(as_json(found) if options["json"] else as_text(found))
                case "rotate":
                    key = rotate(options["use"], actor=ACTOR)
                    self.stdout.write(f"Key {key.id} of use “{key.use}” is active.")
                case "rewrap":
                    self._rewrap(options["batch"])
                case "retire":
                    self._retire(options["kek"], options["sign"], options["approval"])
                case "destroy":
                    self._destroy(options["kek"], options["again"], options["approval"])
                case "wrap":
                    keyring.change(lambda ring: ring)
                    self.stdout.write(keyring.provider().health().says)
        except CdpError as refusal:
            raise CommandError(str(refusal)) from None

    def _init(self, origin: str) -> None:
        if _has_keys():
            raise CommandError(
                "This database is sealed under keys already. Restore their keyring from its backup."
            )
        keyring.create(keyring.provider(), keyring.generate(origin=origin, at=clock.now()))
        try:
            key_register.follow()
        except DatabaseError:
            self.stdout.write("The database is not ready; “manage.py migrate” notes the keys.")
        self.stdout.write("The keyring is made. Back it up apart from the database.")

    def _rewrap(self, batch: int) -> None:
        if batch < 1:
            raise CommandError("A batch has at least one data key.")
        home = next(iter(workspaces.every()), None)
        if home is None:
            self.stdout.write("There is nobody yet, so there is nothing to wrap anew.")
            return
        with database.in_workspace(home):
            with work.by_hand(actor=ACTOR) as job:
                for step in rewrap(job, batch=batch):
                    share = 100 * step.done // max(step.total, 1)
                    self.stdout.write(f"{step.done:,} of {step.total:,} data keys ({share} %)")
            result = job.result
        self.stdout.write(
            f"{result.get('moved', 0):,} data keys wrapped anew, "
            f"{result.get('unreadable', 0):,} do not open, {result.get('left', 0):,} left."
        )

    def _retire(self, kek: int | None, sign: int | None, approval: UUID | None) -> None:
        use, key_id = (Use.KEK, kek) if kek is not None else (Use.SIGN, sign)
        assert key_id is not None  # the parser takes one of the two
        with database.atomic():
            approvals.use_named(approval, Kind.KEY_RETIRE, use, key_id, actor=ACTOR)
            retire(use, key_id, actor=ACTOR)
        self.stdout.write(f"Key {key_id} of use “{use}” is retired.")

    def _destroy(self, kek: int, again: int | None, approval: UUID | None) -> None:
        if again is None:
            typed = input(f"Backups under KEK {kek} die with it. Type its number again: ").strip()
            again = int(typed) if typed.isdigit() else None
        if again != kek:
            raise CommandError("The numbers differ; nothing was destroyed.")
        with database.atomic():
            approvals.use_named(approval, Kind.KEY_DESTROY, Use.KEK, kek, actor=ACTOR)
            destroy(kek, actor=ACTOR)
        self.stdout.write(f"The material of KEK {kek} is destroyed.")


def _has_keys() -> bool:
    try:
        with database.cursor() as sql:
            sql.execute("SELECT EXISTS (SELECT 1 FROM kernel_key)")
            row = sql.fetchone()
    except DatabaseError:  # not migrated, or not running
        return False
    return bool(row and row[0])


def as_json(found: Status) -> str:
    """Return the state of the keys as one JSON object."""
    return json.dumps(asdict(found), indent=1, default=str)


def as_text(found: Status) -> str:
    """Return the state of the keys for a reader."""
    lines = [f"Provider {found.provider}: {found.health.says}", ""]
    lines += [_line(key) for key in found.keys]
    return "\n".join(lines)


def _line(key: KeyStatus) -> str:
    facts = [f"{key.use:<10}{key.id:>4}  {key.state:<10}{key.created or '–':<21}"]
    if key.subjects is not None:
        facts.append(f"{key.subjects:,} subjects")
    if key.wraps is not None:
        facts.append(f"{key.wraps:,} wraps reserved")
    if key.fits is False:
        facts.append("does NOT match the database")
    if key.state == "missing":
        facts.append("is NOT in the keyring")
    return "  ".join(facts).rstrip()
