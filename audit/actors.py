"""Who did it: the actor of an entry. Pure."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

CUSTOMER = "cust"


@dataclass(frozen=True, slots=True)
class Actor:
    """
    Someone or something that acts; `str()` gives the form kept on the record.

    A customer is `cust:<subject>` in our own tables; the sequencer writes the pseudonym in its
    place, so that the log outlives the person without naming them.
    """

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"

    @classmethod
    def operator(cls, operator: UUID) -> Self:
        """Return an operator as an actor."""
        return cls("op", str(operator))

    @classmethod
    def customer(cls, subject: UUID) -> Self:
        """Return a customer, acting for themselves, as an actor."""
        return cls(CUSTOMER, str(subject))

    @classmethod
    def key(cls, api_key: UUID) -> Self:
        """Return an API key as an actor."""
        return cls("key", str(api_key))

    @classmethod
    def job(cls, kind: str, run: UUID | str) -> Self:
        """Return a job run as an actor."""
        return cls("job", f"{kind}/{run}")

    @classmethod
    def system(cls, name: str) -> Self:
        """Return a part of the platform itself as an actor."""
        return cls("sys", name)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the actor whose `str()` is `text`; text without a kind is the system's."""
        kind, colon, name = text.partition(":")
        return cls(kind, name) if colon else cls("sys", text)
