"""
`manage.py demo`: the launch, then sample data, then a page of addresses and sign-ins.

Loading again changes nothing: the seed, the loader and the story are safe to repeat. They are left
out where the same source told them all to this database before, so a second start takes seconds.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg

from cdp.runtime import private_files, roster
from cdp.runtime.deployment import inherited
from cdp.runtime.launch import Ground, Up
from cdp.runtime.progress import Progress
from cdp.runtime.run_file import Running
from cdp.runtime.supervisor import Supervisor

SMALL_HOUSEHOLDS = 300
NOTES = "demo.json"


def load(up: Up, supervisor: Supervisor, progress: Progress, *, arguments: tuple[str, ...]) -> None:
    """
    Make the workspace, its operators and keys, then send the sample through the intake.

    :raises ServiceFailed: a step failed; its own output says why
    """
    deployment = up.deployment
    notes, told = deployment.var / NOTES, mark(deployment.root, arguments)
    if private_files.read_json(notes).get("told") == told and _has_workspace(up):
        with progress.step("Sample data, as loaded before"):
            return
    with progress.step("Workspace, operators, purposes"):
        supervisor.run(roster.task(deployment, inherited(), "web", "seed"))
    with progress.step("Sample data", quiet=True):
        command = ("load_demo", "--base-url", deployment.public_url, *arguments)
        supervisor.run(roster.task(deployment, inherited(), "web", *command), on_terminal=True)
    with progress.step("Traits, models, segments, first campaign", quiet=True):
        supervisor.run(roster.task(deployment, inherited(), "web", "story"), on_terminal=True)
    private_files.write_json(notes, {**private_files.read_json(notes), "told": told})


def mark(root: Path, arguments: tuple[str, ...]) -> str:
    """Return what tells this source's demo with these options from another."""
    sources = sorted((root / "cdp" / "demo").glob("*.py"))
    parts = [*(path.read_bytes() for path in sources), *(each.encode() for each in arguments)]
    return hashlib.sha256(b"\x00".join(parts)).hexdigest()


def _has_workspace(up: Up) -> bool:
    """Return whether the database was seeded; one that does not let us look counts as not."""
    try:
        with psycopg.connect(up.administrator) as server:
            return server.execute("SELECT 1 FROM kernel_workspace").fetchone() is not None
    except psycopg.errors.InsufficientPrivilege:
        return False


def load_arguments(size: str, *, as_recorded: bool) -> tuple[str, ...]:
    """Return the loader's options for DEMO=`size` (“small” or empty). Pure."""
    households = ("--households", str(SMALL_HOUSEHOLDS)) if size == "small" else ()
    return (*households, *(("--as-recorded",) if as_recorded else ()))


def running(ground: Ground, up: Up, supervisor: Supervisor, *, launcher: int) -> Running:
    """Return the facts of the running demo as they are now."""
    return Running(
        deployment=up.deployment,
        administrator=up.administrator if up.is_embedded else None,
        seeded=private_files.read_json(ground.var / NOTES),
        pids={"supervisor": launcher, **supervisor.pids},
    )


def page(facts: Mapping[str, Any]) -> str:
    """Return what the terminal shows when everything runs, from run.json's content. Pure."""
    base = facts["base_url"]
    lines = [
        "",
        "Candor runs. Ctrl-C stops all of it.",
        "",
        f"  Console   {base}/console/",
        *(
            f"            {operator['email']}   {operator['password']}   {operator.get('role', '')}"
            for operator in facts["operators"]
        ),
        f"  Portal    {base}/my/",
        *(f"            sign in as {customer['email']}" for customer in facts["customers"][:3]),
        f"  Mailbox   {facts['mailbox']['url']}",
        f"  API       {base}/api/docs/",
        "",
        "Look at next:",
        "  1. Console → Segments: build one, see match > consented > reachable move.",
        "  2. Console → Campaigns: launch one and read it in the mailbox.",
        "  3. Portal: sign in with the link in the mailbox, switch marketing off.",
        "  4. Console → Audit: every step is there; check it with  manage.py verify_audit",
        "",
    ]
    return "\n".join(lines)
