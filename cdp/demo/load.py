"""
Load the demo through the real front door, then wait until everything is drained.

Who comes first: people's contact details, what they said about their data, demographics, and then
the year itself in its own order. A second load of the same sample posts nothing.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from cdp.demo import complete_journey, consents, notebook, people
from cdp.demo.calls import Call
from cdp.demo.posting import Door, Pause, pack
from cdp.demo.progress import per_second, step
from cdp.kernel import clock
from cdp.kernel.errors import CdpError

DEFAULT_BATCH = 200
POLL_SECONDS = 1.0
PATIENCE = timedelta(minutes=5)  # without any progress of the drain


class DrainStalled(CdpError):
    """What was posted is safe, but nobody takes it in."""

    code = "demo_drain_stalled"


@dataclass(frozen=True, slots=True)
class Loaded:
    """The outcome of a load; rates are events a second, from the first post."""

    households: int
    events: int
    shift_days: int
    posted_rate: int
    drained_rate: int
    already_there: bool = False


@dataclass(frozen=True, slots=True)
class Phase:
    """Calls of one kind, sent under one write key; the next phase waits for them."""

    title: str
    write_key: str
    calls: Iterable[Call]
    count: int


def load(
    base_url: str,
    *,
    var: Path,
    households: int | None = None,
    as_recorded: bool = False,
    batch: int = DEFAULT_BATCH,
    pause: Pause = time.sleep,
) -> Loaded:
    """
    Post the sample of the first `households` households (None: all) to `base_url`, and drain.

    The outcome is noted in `demo.json` under `var`. An interrupted load may be started again.

    :raises DemoNotSeeded: there are no write keys yet
    :raises ShiftFixed: the sample is loaded with other dates
    :raises BatchRefused: the front door refused a batch for good
    :raises DoorSilent: the front door took nothing for too long
    :raises DrainStalled: posted events wait and none is taken in
    """
    notes = notebook.read(var)
    calendar = notebook.settle_calendar(notes, today=clock.now().date(), as_recorded=as_recorded)
    chosen = complete_journey.select_households(households)
    notebook.write(
        var,
        {
            "shift_days": calendar.shift_days,
            "ages_on": calendar.ages_on.isoformat(),
            "customers": list_customers(base_url, chosen),
        },
    )
    if is_loaded(notes, len(chosen)):
        return Loaded(len(chosen), 0, calendar.shift_days, 0, 0, already_there=True)

    phases = plan(chosen, calendar, notes=notes)
    started_at = clock.now()
    with Door(base_url, pause=pause) as door:
        for phase in phases:
            batches = pack(phase.calls, size=batch)
            with step(phase.title, total=phase.count) as shown:
                for taken in door.post_all(batches, write_key=phase.write_key):
                    shown.advance(taken)
        events = sum(phase.count for phase in phases)
        posted_rate = per_second(events, since=started_at)
        drain(door, pause=pause)
    notebook.write(var, {"loaded": {"households": len(chosen), "shift_days": calendar.shift_days}})
    return Loaded(
        households=len(chosen),
        events=events,
        shift_days=calendar.shift_days,
        posted_rate=posted_rate,
        drained_rate=per_second(events, since=started_at),
    )


def is_loaded(notes: Mapping[str, Any], households: int) -> bool:
    """Return whether an earlier load holds the first `households` households. Pure."""
    loaded = notes.get("loaded") or {}
    # A smaller sample is the beginning of a larger one; the calendar is the same by now.
    return int(loaded.get("households", 0)) >= households


def plan(
    chosen: tuple[int, ...], calendar: notebook.Calendar, *, notes: Mapping[str, Any]
) -> list[Phase]:
    """Return the phases of a load, in order."""
    shift_days = calendar.shift_days
    counts = complete_journey.count(chosen)
    contacts = people.identifies(
        chosen,
        age_bands=complete_journey.age_bands(),
        ages_on=calendar.ages_on,
        shift_days=shift_days,
    )
    said = list(consents.updates(chosen, shift_days=shift_days))
    described = complete_journey.demographics(chosen, shift_days=shift_days)
    year = complete_journey.history(chosen, shift_days=shift_days)
    sample, authority = notes["write_key"], notes["consent_write_key"]
    return [
        Phase("Contact details (generated)", sample, contacts, counts.households),
        Phase("Consents (generated)", authority, said, len(said)),
        Phase("Demographics", sample, described, counts.demographics),
        Phase(
            "Purchases and campaigns",
            sample,
            year,
            counts.contacts + counts.orders + counts.redemptions,
        ),
    ]


def drain(door: Door, *, pause: Pause, patience: timedelta = PATIENCE) -> None:
    """
    Wait until the intake journal behind `door` is empty.

    :raises DrainStalled: the journal did not get shorter for `patience`
    """
    waiting = watch_journal(door, pause=pause, patience=patience)
    left = next(waiting)
    with step("Taking it in (requests)", total=left) as shown:
        for fewer in waiting:
            shown.advance(left - fewer)
            left = fewer


def watch_journal(door: Door, *, pause: Pause, patience: timedelta) -> Iterator[int]:
    """
    Yield how many requests wait in the journal, each time they get fewer, down to none.

    :raises DrainStalled: they did not get fewer for `patience`
    """
    fewest: int | None = None
    heard_at = clock.now()
    while fewest != 0:
        answered = door.read_json("/readyz?drain=1").get("journal_pending")
        if isinstance(answered, int) and (fewest is None or answered < fewest):
            fewest, heard_at = answered, clock.now()
            yield fewest
        elif clock.now() - heard_at > patience:
            raise DrainStalled("Posted events wait and none is taken in; is `drain` running?")
        if fewest != 0:
            pause(POLL_SECONDS)


def list_customers(base_url: str, chosen: tuple[int, ...]) -> list[dict[str, str]]:
    """Return the characters among `chosen`, with the page on which each signs in."""
    portal_url = f"{base_url.rstrip('/')}/my/signin/"
    return [
        {"email": character.email, "portal_url": portal_url}
        for character in people.CHARACTERS
        if character.household in chosen
    ]
