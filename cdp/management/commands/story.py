"""Play the demo's story: traits, models, segments, a campaign."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from cdp.demo import notebook, story
from cdp.demo.seed import WORKSPACE
from cdp.kernel import database
from cdp.kernel.errors import CdpError
from cdp.kernel.models import JobRun, Workspace


class Command(BaseCommand):
    """From loaded purchases to a message that people permitted."""

    help = "Compute traits, train and score, make segments and send a campaign; safe to repeat."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        workspace = Workspace.objects.get(key=WORKSPACE)
        try:
            shift = int(notebook.existing(settings.VAR).get("shift_days", 0))
            place = database.in_workspace(workspace.pk)
            with place, database.by(story.ACTOR), Console().status("") as status:

                def say(kind: str, run: JobRun) -> None:
                    share = f" {run.done:,} of {run.total:,}" if run.total else ""
                    status.update(f"  {kind.replace('_', ' ')}: {run.phase or run.state}{share}")

                story.note_shift(workspace, days=shift)
                told = story.tell(say=say)
        except CdpError as reason:
            raise CommandError(str(reason)) from None
        seconds = time.monotonic() - began
        self.stdout.write(
            f"  {told.segments} segments, {told.sent:,} messages sent in {seconds:.0f} s"
        )
