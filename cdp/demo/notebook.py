"""
The demo's own file, `var/demo.json`: keys in, what was loaded out. Readable by its owner alone.

`shift_days` and `ages_on` are decided by the first load and hold for all later ones, so that
loading again sends the same calls and changes nothing.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from cdp.demo.complete_journey import days_to_yesterday
from cdp.kernel.errors import CdpError

FILE = "demo.json"


class DemoNotSeeded(CdpError):
    """The file with the demo's write keys is missing or incomplete."""

    code = "demo_not_seeded"


class ShiftFixed(CdpError):
    """The sample is already here with another calendar."""

    code = "demo_shift_fixed"


@dataclass(frozen=True, slots=True)
class Calendar:
    """How the sample's year lies in ours, and the day on which people's ages hold."""

    shift_days: int
    ages_on: date


def existing(var: Path) -> dict[str, Any]:
    """Return what the file under `var` says; nothing if there is none yet."""
    path = var / FILE
    return dict(json.loads(path.read_text())) if path.exists() else {}


def read(var: Path) -> dict[str, Any]:
    """
    Return what the file under `var` says.

    :raises DemoNotSeeded: no file, or a write key is missing
    """
    notes = existing(var)
    if not notes.get("write_key") or not notes.get("consent_write_key"):
        raise DemoNotSeeded(f"Run `manage.py seed` first: {FILE} lacks a write key.")
    return notes


def write(var: Path, changes: Mapping[str, Any]) -> None:
    """Add `changes` to the file under `var`, in one step and with mode 0600."""
    path = var / FILE
    written = path.with_suffix(".new")
    notes = {**existing(var), **changes}
    written.unlink(missing_ok=True)
    descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(notes, file, indent=2)
    written.replace(path)


def settle_calendar(notes: Mapping[str, Any], *, today: date, as_recorded: bool) -> Calendar:
    """
    Return the calendar of the first load, or decide it now. Pure.

    :raises ShiftFixed: the first load kept the recorded dates and this one does not, or reversed
    """
    if "shift_days" not in notes:
        return Calendar(0 if as_recorded else days_to_yesterday(today), ages_on=today)
    held = Calendar(int(notes["shift_days"]), date.fromisoformat(notes["ages_on"]))
    if as_recorded != (held.shift_days == 0):
        raise ShiftFixed("The sample is loaded with other dates; empty var/ to load it anew.")
    return held
