"""The frame of a launch: hold the folder, begin, keep running, stop whatever was begun."""

from collections.abc import Callable

from cdp.runtime.claim import only_launcher
from cdp.runtime.launch import Ground
from cdp.runtime.progress import Progress
from cdp.runtime.supervisor import StopAsked, Supervisor


def hold(ground: Ground, progress: Progress, begin: Callable[[Supervisor], None]) -> None:
    """
    Run `begin`, then keep its services running until somebody asks to stop.

    Whatever happens, everything that was started is stopped and `run.json` is gone in the end.

    :raises AlreadyRunning: another launch holds the folder
    :raises CdpError: a step failed; the message says what to do
    """
    with only_launcher(ground.var):
        announced = ground.var / "run.json"
        announced.unlink(missing_ok=True)  # a killed launch left it
        supervisor = Supervisor(
            logs=ground.var / "log",
            record=ground.var / "processes.json",
            say=progress.say,
        )
        supervisor.listen()
        try:
            begin(supervisor)
            supervisor.watch()
        except StopAsked:
            pass
        finally:
            progress.say("Stopping …")
            announced.unlink(missing_ok=True)
            supervisor.stop()
        progress.say("Stopped.")
