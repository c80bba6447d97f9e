"""`manage.py bench`: ratios against named limits, over servers that the run starts and ends."""

import logging
import os
import platform
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cdp.benchmarks import report, sizes
from cdp.benchmarks.areas import AREAS
from cdp.benchmarks.ground import Ground, throwaway
from cdp.benchmarks.town import Town, settle
from cdp.kernel import clock
from cdp.kernel.errors import CdpError
from cdp.kernel.logging import set_up
from cdp.runtime import private_files
from cdp.runtime.progress import Progress
from cdp.runtime.supervisor import StopAsked


class Command(BaseCommand):
    """Start throwaway servers, measure in a process of its own, print and keep the report."""

    help = "Measure areas against named limits and peers; prints ratios, writes var/bench.json."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which areas, how much of each, and where the report goes."""
        parser.add_argument("areas", nargs="*", metavar="AREA", help=", ".join(AREAS))
        parser.add_argument("--size", choices=list(sizes.SIZES), default=sizes.DEFAULT)
        parser.add_argument("--out", type=Path, default=settings.VAR / "bench.json")
        parser.add_argument("--on", type=Path, help=SUPPRESS)  # the measuring process

    def handle(self, *args: Any, **options: Any) -> None:
        """
        Measure and report.

        :raises CommandError: an area is unknown, a server did not start, or a probe failed
        """
        areas = options["areas"] or list(AREAS)
        if unknown := sorted(set(areas) - AREAS.keys()):
            raise CommandError(f"No such area: {', '.join(unknown)}. Choose: {', '.join(AREAS)}.")
        out = options["out"].resolve()
        try:
            if options["on"]:
                measure(options["on"], areas, size=options["size"], out=out)
            else:
                run(areas, size=options["size"], out=out)
        except CdpError as reason:
            raise CommandError(str(reason)) from None
        except StopAsked:
            raise CommandError("Stopped; everything that was started is gone.") from None


def run(areas: Sequence[str], *, size: str, out: Path) -> None:
    """Start the servers and measure in a child that knows these servers alone."""
    with throwaway(settings.ROOT, Progress()) as house:
        told = ("--size", size, "--out", str(out), "--on", str(house.file))
        house.run("work", "bench", *areas, *told, on_terminal=True)


def measure(file: Path, areas: Sequence[str], *, size: str, out: Path) -> None:
    """Let people in, measure each area, print the report and write it to `out`."""
    set_up(logging.WARNING)
    progress, amounts = Progress(), sizes.SIZES[size]
    with progress.step("People and orders"):
        town = settle(Ground.read(file), amounts)
    found = []
    for name in AREAS:
        if name in areas:
            with progress.step(f"Measuring: {name}"):
                found += AREAS[name](town)
    facts = _facts(town, size=size)
    progress.say(report.table(found))
    progress.say(f"\n{_footnote(facts)}")
    private_files.write_json(out, report.document(found, **facts))
    progress.say(f"Written to {out}.")


def _facts(town: Town, *, size: str) -> dict[str, Any]:
    shown = "SELECT current_setting('server_version'), current_setting('fsync')"
    ((version, fsync),) = town.ask(shown)
    return {
        "size": size,
        "rounds": town.size.rounds,
        "at": clock.now().isoformat(),
        "postgresql": version,
        "fsync": fsync,
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
    }


def _footnote(facts: dict[str, Any]) -> str:
    return (
        f"Ratio: candidate's time over the reference's, below 1 is faster; median (least to "
        f"greatest) of {facts['rounds']} interleaved rounds.\n"
        f"PostgreSQL {facts['postgresql']}, fsync {facts['fsync']}, Python {facts['python']}, "
        f"{facts['cpus']} CPUs, load {facts['load']}. Times are of this machine, for information."
    )
