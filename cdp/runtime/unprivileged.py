"""
Which operating-system user runs PostgreSQL when the launcher is root, and what it can reach.

PostgreSQL refuses uid 0. The launcher drops to a user that exists already, in the child alone; it
never creates a user and never changes the mode of a folder it did not make.
Source: runtime reference, part 1.
"""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from cdp.kernel.errors import CdpError

CANDIDATES = ("nobody", "daemon")


class NoUnprivilegedUser(CdpError):
    """Root has no other user to run PostgreSQL as."""

    code = "no_unprivileged_user"


@dataclass(frozen=True, slots=True)
class Account:
    """A user and its group, by number."""

    name: str
    uid: int
    gid: int


class Drop(TypedDict, total=False):
    """The keyword arguments of `subprocess` that run a child as somebody else."""

    user: int
    group: int
    extra_groups: list[int]


def account() -> Account | None:
    """
    Return the user to run PostgreSQL as; None means the launcher's own.

    :raises NoUnprivilegedUser: the launcher is root and the system has no such user
    """
    if os.geteuid() != 0:
        return None
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise NoUnprivilegedUser(
        "PostgreSQL does not run as root and this system has no user “nobody”. "
        "Run the command as an ordinary user, or set DATABASE_URL."
    )


def drop(who: Account | None) -> Drop:
    """Return what `subprocess` needs to run a child as `who`."""
    if who is None:
        return {}
    return {"user": who.uid, "group": who.gid, "extra_groups": []}


def give(path: Path, who: Account | None) -> None:
    """Hand a folder that we made to `who`."""
    if who is not None:
        os.chown(path, who.uid, who.gid)


def can_enter(path: Path, who: Account | None) -> bool:
    """Return whether `who` can reach the folder `path` through all its parents."""
    tried = subprocess.run(
        ["/bin/sh", "-c", 'cd "$1"', "sh", str(path)],
        cwd="/",
        stderr=subprocess.DEVNULL,
        check=False,
        **drop(who),
    )
    return tried.returncode == 0
