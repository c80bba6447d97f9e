"""
A launch of small programs, to be run, killed and looked at from outside.

`python -m tests.runtime.small_launch FOLDER NAME …` starts the named programs in a session.
"""

import os
import sys
from pathlib import Path

from cdp.kernel.errors import CdpError
from cdp.kernel.key_providers.file import FileProvider
from cdp.runtime.launch import Ground
from cdp.runtime.processes import Service
from cdp.runtime.progress import Progress
from cdp.runtime.session import hold
from cdp.runtime.supervisor import Supervisor

BEGIN = "import os, signal, subprocess, sys, time; own = sys.argv[1]; "
UP = "open(own, 'a').write(f'{os.getpid()}\\n'); "
SAYS_GOODBYE = (
    "signal.signal(signal.SIGTERM, lambda *_: (time.sleep({seconds}), "
    "open(own + '.stopped', 'w').close(), sys.exit(0))); "
)
PROGRAMS = {
    "steady": BEGIN + UP + "time.sleep(600)",
    "stubborn": BEGIN + "signal.signal(signal.SIGTERM, signal.SIG_IGN); " + UP + "time.sleep(600)",
    "parent": BEGIN
    + "p = subprocess.Popen(['sleep', '600']); open(own, 'a').write(f'{p.pid}\\n'); "
    + "time.sleep(600)",
    "flaky": BEGIN + UP + "print('it was the disk'); sys.exit(3)",
    "never": BEGIN + "time.sleep(600)",
    "last": BEGIN + SAYS_GOODBYE.format(seconds=0) + UP + "time.sleep(600)",
    "slow": BEGIN + SAYS_GOODBYE.format(seconds=0.5) + UP + "time.sleep(600)",
}


def service(
    name: str, folder: Path, *, patience_s: float = 30.0, is_server: bool = False
) -> Service:
    """Return one of the small programs; it is ready when its own file exists."""
    own = folder / f"{name}.out"
    return Service(
        name=name,
        command=(sys.executable, "-c", PROGRAMS[name], str(own)),
        environment={"PATH": os.environ["PATH"]},
        folder=folder,
        ready=own.exists,
        patience_s=patience_s,
        is_server=is_server,
    )


def main(folder: Path, names: list[str]) -> None:
    """Run the named programs until somebody asks to stop."""
    nowhere = Path("/nonexistent")
    ground = Ground(nowhere, folder, FileProvider(nowhere), nowhere, ())

    def begin(supervisor: Supervisor) -> None:
        for name in names:
            supervisor.start(service(name, folder))
        (folder / "ready").touch()

    try:
        hold(ground, Progress(), begin)
    except CdpError as reason:
        sys.exit(str(reason))  # to standard error, with code 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
