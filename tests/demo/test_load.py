"""A load from the outside: what is sent, under which key, in which order, and only once."""

import json
import stat
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from cdp.demo import notebook
from cdp.demo.load import DrainStalled, drain, load
from cdp.demo.notebook import DemoNotSeeded, ShiftFixed
from cdp.demo.posting import BatchRefused, Door
from cdp.kernel import clock
from tests.demo.conftest import ScriptedDoor

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
FEW = 6


def notes_in(var: Path) -> dict[str, Any]:
    notes: dict[str, Any] = json.loads((var / "demo.json").read_text())
    return notes


def load_few(door: ScriptedDoor, var: Path, **options: Any) -> Any:
    return load(door.url, var=var, households=FEW, pause=lambda _: None, **options)


def test_a_load_sends_people_then_consents_then_the_year(door: ScriptedDoor, var: Path) -> None:
    with clock.stopped(NOON):
        loaded = load_few(door, var)

    kinds = [(call.get("event") or call["type"]) for call in door.calls]
    first_order = kinds.index("Order Completed")
    assert kinds[:FEW] == ["identify"] * FEW
    assert kinds[FEW : FEW + 5] == ["Segment Consent Preference Updated"] * 5
    assert set(kinds[first_order:]) == {"Order Completed", "Coupon Redeemed", "Campaign Received"}
    assert loaded.events == len(door.calls)
    assert max(call["timestamp"] for call in door.calls) < "2026-03-10"


def test_consents_alone_go_under_the_consent_authoritys_key(door: ScriptedDoor, var: Path) -> None:
    load_few(door, var)

    for batch in door.posted:
        consents = [call for call in batch.calls if "consent" in call["context"]]
        assert batch.write_key == ("consent-key" if consents else "sample-key")
        assert len(consents) in (0, len(batch.calls))


def test_requests_stay_small(door: ScriptedDoor, var: Path) -> None:
    load_few(door, var, batch=500)

    assert max(batch.inflated_bytes for batch in door.posted) < 2_000_000
    assert max(len(batch.calls) for batch in door.posted) <= 500


def test_a_second_load_posts_nothing_and_keeps_the_calendar(door: ScriptedDoor, var: Path) -> None:
    with clock.stopped(NOON):
        load_few(door, var)
    sent, notes = len(door.calls), notes_in(var)

    with clock.stopped(NOON + timedelta(days=3)):
        again = load_few(door, var)

    assert again.already_there
    assert len(door.calls) == sent
    assert notes_in(var) == notes


def test_a_larger_load_later_keeps_the_calendar_of_the_first(door: ScriptedDoor, var: Path) -> None:
    with clock.stopped(NOON):
        load_few(door, var)
    sent = {call["messageId"]: call for call in door.calls}
    door.posted.clear()

    with clock.stopped(NOON + timedelta(days=3)):
        load(door.url, var=var, households=FEW + 2, pause=lambda _: None)

    larger = {call["messageId"]: call for call in door.calls}
    assert {key: larger[key] for key in sent} == sent
    assert len(larger) > len(sent)
    assert notes_in(var)["loaded"] == {"households": FEW + 2, "shift_days": 2989}


def test_the_notebook_gains_what_a_visitor_needs_and_stays_private(
    door: ScriptedDoor, var: Path
) -> None:
    with clock.stopped(NOON):
        load_few(door, var)

    notes = notes_in(var)
    assert notes["shift_days"] == 2989
    assert notes["loaded"] == {"households": FEW, "shift_days": 2989}
    assert notes["customers"][0] == {
        "email": "mei.chen@example.com",
        "portal_url": f"{door.url}/my/signin/",
    }
    assert len(notes["customers"]) == 5
    assert notes["api_key"] == "kept"
    assert stat.S_IMODE((var / "demo.json").stat().st_mode) == 0o600


def test_as_recorded_keeps_2017_and_cannot_be_mixed(door: ScriptedDoor, var: Path) -> None:
    load_few(door, var, as_recorded=True)

    assert max(call["timestamp"] for call in door.calls)[:4] == "2017"
    assert notes_in(var)["shift_days"] == 0
    with pytest.raises(ShiftFixed, match="empty var/") as refused:
        load_few(door, var)
    assert refused.value.code == "demo_shift_fixed"


def test_a_refused_load_is_not_noted_as_done_and_may_be_repeated(
    door: ScriptedDoor, var: Path
) -> None:
    door.answers = [(401, {}, {"code": "unknown_write_key"})]
    with pytest.raises(BatchRefused, match=r"manage\.py seed"):
        load_few(door, var)
    assert "loaded" not in notes_in(var)

    loaded = load_few(door, var)

    assert loaded.events == len({call["messageId"] for call in door.calls})
    assert notes_in(var)["loaded"]["households"] == FEW


def test_a_load_ends_when_everything_is_taken_in(door: ScriptedDoor, var: Path) -> None:
    door.pending = [9, 4, 4, 1, 0, 77]

    load_few(door, var)

    assert door.polls == 5


def test_a_drain_that_does_not_move_is_named(door: ScriptedDoor) -> None:
    door.rest = 8

    with Door(door.url) as opened, pytest.raises(DrainStalled) as refused:
        drain(opened, pause=lambda _: None, patience=timedelta(0))

    assert refused.value.code == "demo_drain_stalled"


def test_without_keys_the_message_says_to_seed(tmp_path: Path) -> None:
    with pytest.raises(DemoNotSeeded, match=r"manage\.py seed"):
        notebook.read(tmp_path)


def test_the_command_loads_and_states_the_rate(
    door: ScriptedDoor, var: Path, settings: Settings
) -> None:
    settings.VAR = var
    said = StringIO()

    call_command("load_demo", base_url=door.url, households=FEW, stdout=said)
    call_command("load_demo", base_url=door.url, households=FEW, stdout=said)

    assert f"Loaded {FEW} households, {len(door.calls)} events" in said.getvalue()
    assert "a second" in said.getvalue()
    assert said.getvalue().endswith(f"Already loaded: {FEW} households.\n")


@pytest.mark.parametrize(
    "options",
    [{"households": 0}, {"batch": 0}, {"batch": 501}, {"base_url": "shop.example"}],
)
def test_the_command_refuses_numbers_that_make_no_sense(options: dict[str, Any]) -> None:
    with pytest.raises(CommandError, match=r"takes|begins"):
        call_command("load_demo", **{"base_url": "http://127.0.0.1:1", **options})
