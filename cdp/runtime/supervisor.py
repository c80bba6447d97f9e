"""
Start services in order, keep them running, stop them in order.

One thread, one loop: a signal only sets a mark that every wait looks at, so a stop can arrive at
any moment of the start and nothing that was begun is forgotten.
Source: runtime reference, part 4.
"""

import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType

from cdp.kernel.errors import CdpError
from cdp.runtime import orphans
from cdp.runtime.processes import Child, Service, spawn
from cdp.runtime.restarts import delay_before_restart

STEP_S = 0.2
GRACE_S = 15.0
LOG_LINES = 12
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopAsked(Exception):
    """Somebody pressed Ctrl-C or sent a stop signal; not a failure."""


class ServiceFailed(CdpError):
    """A service did not start, ended too often, or a step of the start failed."""

    code = "service_failed"


class Supervisor:
    """The running services of one launcher, in the order they were started."""

    def __init__(
        self,
        *,
        logs: Path,
        record: Path,
        say: Callable[[str], None],
    ) -> None:
        self._logs = logs
        self._record = record
        self._say = say
        self._changed: Callable[[], None] = lambda: None
        self._children: dict[str, Child] = {}
        self._waiting: dict[str, tuple[float, Service]] = {}
        self._ends: dict[str, list[float]] = {}
        self._stops_asked = 0

    @property
    def pids(self) -> dict[str, int]:
        """Return the number of each running service's main process."""
        return {name: child.pid for name, child in self._children.items()}

    def listen(self) -> None:
        """Take Ctrl-C and stop signals from now on; only the main thread may call this."""
        for number in SIGNALS:
            signal.signal(number, self._on_signal)

    def tell(self, changed: Callable[[], None]) -> None:
        """Call `changed` after each restart from now on: process numbers have moved."""
        self._changed = changed

    def start(self, service: Service) -> None:
        """
        Start `service` and wait until it is ready.

        :raises ServiceFailed: it ended, or was not ready in time
        :raises StopAsked: a stop arrived meanwhile
        """
        self.begin(service)
        self.await_ready(service)

    def begin(self, service: Service) -> None:
        """
        Start `service` without waiting; several may find their feet at the same time.

        :raises ServiceFailed: its program cannot be started
        """
        self._spawn(service)

    def await_ready(self, service: Service) -> None:
        """
        Wait until `service`, which was begun, is ready.

        :raises ServiceFailed: it ended, or was not ready in time
        :raises StopAsked: a stop arrived meanwhile
        """
        child = self._children[service.name]
        until = time.monotonic() + service.patience_s
        while not service.ready():
            if child.is_over():
                raise self._failure(service, f"ended with code {child.exit_code}")
            if time.monotonic() > until:
                raise self._failure(service, f"was not ready after {service.patience_s:.0f} s")
            self._pause()
        if child.is_over():
            raise self._failure(service, f"ended with code {child.exit_code}")

    def run(self, task: Service, *, on_terminal: bool = False) -> None:
        """
        Run `task` to its end while the services are kept running.

        :raises ServiceFailed: it ended with another code than 0
        :raises StopAsked: a stop arrived; the task was ended
        """
        child = spawn(task, log=None if on_terminal else self._log(task))
        try:
            while not child.is_over():
                self._tend()
                self._pause()
        finally:
            child.kill()
        if child.exit_code != 0:
            raise self._failure(task, f"failed with code {child.exit_code}", quote=not on_terminal)

    def watch(self) -> None:
        """
        Keep the services running until somebody asks to stop.

        :raises ServiceFailed: one ended too often
        """
        try:
            while True:
                self._tend()
                self._pause()
        except StopAsked:
            return

    def stop(self) -> None:
        """
        Stop everything: the processes together, then the servers one by one, latest first.

        Each has 15 seconds, then it is killed; a second Ctrl-C kills at once.
        """
        self._stops_asked = min(self._stops_asked, 1)
        self._waiting.clear()
        latest_first = list(reversed(self._children.values()))
        self._end([child for child in latest_first if not child.service.is_server])
        for server in (child for child in latest_first if child.service.is_server):
            self._end([server])
        self._children.clear()
        self._record.unlink(missing_ok=True)

    def _end(self, children: Iterable[Child]) -> None:
        running = [child for child in children if not child.is_over()]
        for child in running:
            child.ask_to_stop()
        until = time.monotonic() + GRACE_S
        while any(not child.is_over() for child in running):
            if time.monotonic() > until or self._stops_asked > 1:
                for child in running:
                    child.kill()
            time.sleep(STEP_S)

    def _spawn(self, service: Service) -> Child:
        try:
            child = spawn(service, log=self._log(service))
        except OSError as reason:
            raise ServiceFailed(f"{service.name} cannot be started: {reason.strerror}.") from None
        self._children[service.name] = child
        orphans.write_record(self._record, self._children.values())
        return child

    def _tend(self) -> None:
        """Restart what ended, each after its own wait."""
        now = time.monotonic()
        for name, child in list(self._children.items()):
            if name not in self._waiting and child.is_over():
                self._plan_restart(child, now)
        for name, (due, service) in list(self._waiting.items()):
            if now >= due:
                del self._waiting[name]
                self._spawn(service)
                self._changed()

    def _plan_restart(self, child: Child, now: float) -> None:
        service = child.service
        ends = self._ends.setdefault(service.name, [])
        ends.append(now)
        delay = delay_before_restart(ends, now=now)
        if delay is None:
            raise self._failure(service, "ended again and again")
        self._say(
            f"{service.name} ended with code {child.exit_code}; starting it again in {delay:g} s"
        )
        self._waiting[service.name] = (now + delay, service)

    def _pause(self) -> None:
        if self._stops_asked:
            raise StopAsked
        time.sleep(STEP_S)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stops_asked += 1

    def _log(self, service: Service) -> Path:
        return self._logs / f"{service.name}.log"

    def _failure(self, service: Service, what: str, *, quote: bool = True) -> ServiceFailed:
        path = self._log(service)
        last = ""
        if quote and path.exists():
            lines = path.read_text(errors="replace").splitlines()[-LOG_LINES:]
            last = "\n" + "\n".join(f"    {line}" for line in lines)
        see = f" See {path}." if quote else ""
        return ServiceFailed(f"{service.name} {what}.{see}{last}")
