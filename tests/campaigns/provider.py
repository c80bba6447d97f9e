"""A stand-in for the outside world: a provider that keeps what it is handed, with faults."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar

from campaigns.channels.base import Content


@dataclass
class FakeProvider:
    """A channel and its line in one; `before` runs at each call and may raise."""

    key: ClassVar[str] = "email"
    address_field: ClassVar[str] = "email"
    repeats_unknown: ClassVar[bool] = True
    patience_seconds: ClassVar[float] = 10
    before: Callable[[str], None] = lambda address: None
    after: Callable[[str], None] = lambda address: None
    kept: list[tuple[str, str, Content]] = field(default_factory=list)  # address, key, content

    @contextmanager
    def open(self) -> Iterator["FakeProvider"]:
        yield self

    def send(self, address: str, content: Content, *, idempotency_key: str) -> str:
        self.before(address)
        self.kept.append((address, idempotency_key, content))
        self.after(address)
        return f"<{idempotency_key}>"

    @property
    def addresses(self) -> list[str]:
        return [address for address, _, _ in self.kept]
