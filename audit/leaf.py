"""
The bytes of one entry that the tree is made over. Pure.

A leaf is canonical JSON with string values only, keys sorted, no white space, UTF-8, at most
65,535 bytes; it is stored and hashed verbatim and never rendered again. `ws` is there when the
entry belongs to a workspace. `at` is UTC to the microsecond.
Source: RFC 8785; C2SP tlog-tiles for the size limit.
"""

import json
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from uuid import UUID

from cdp.kernel.errors import CdpError

VERSION = "1"
LIMIT_BYTES = 65_535
_OPTIONAL = "ws"


class LeafRefused(CdpError):
    """These bytes cannot be an entry of the log."""

    code = "leaf_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One entry as the tree holds it; every value is text."""

    src: str  # number of the inbox row
    at: str
    actor: str
    role: str  # the database role that wrote it; nobody can choose it
    act: str
    purpose: str
    obj: str
    req: str
    ref: str  # pseudonym of the subject, "" if there is none
    detail: str  # plain, for entries about nobody
    sealed: str  # base64 of the detail under the subject's data key
    salt: str  # sibling hashes in someone's proof must not be guessable
    ws: str = ""
    v: str = VERSION

    @property
    def recorded_at(self) -> datetime:
        """Return `at` as an aware datetime."""
        return datetime.strptime(self.at, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)

    @property
    def workspace(self) -> UUID | None:
        """Return the workspace's id, if the entry belongs to one."""
        return UUID(self.ws) if self.ws else None


def stamp(at: datetime) -> str:
    """Return an aware datetime in a leaf's form, such as `2026-11-22T02:36:00.123456Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def encode(leaf: Leaf) -> bytes:
    """
    Return the bytes that are stored and hashed.

    :raises LeafRefused: longer than a leaf may be, or text that UTF-8 cannot hold
    """
    document = {field.name: getattr(leaf, field.name) for field in fields(Leaf)}
    if not leaf.ws:
        del document[_OPTIONAL]
    raw = _canonical(document)
    if len(raw) > LIMIT_BYTES:
        raise LeafRefused("An entry is longer than 65,535 bytes. Record less detail.")
    return raw


def decode(raw: bytes) -> Leaf:
    """
    Return the entry in `raw`.

    :raises LeafRefused: not canonical JSON, a key too many or too few, a value that is no text
    """
    try:
        document = json.loads(raw)
        leaf = Leaf(**document)
        canonical = _canonical(document)
    except (ValueError, TypeError, RecursionError):
        raise LeafRefused("These bytes are not an entry of this log.") from None
    if canonical != raw or not all(isinstance(value, str) for value in document.values()):
        raise LeafRefused("This entry is not in canonical form.")
    if leaf.v != VERSION:
        raise LeafRefused("This entry is of a version that this verifier does not know.")
    if not _is_well_formed(leaf):
        raise LeafRefused("A number, time or id of this entry is malformed.")
    return leaf


def _is_well_formed(leaf: Leaf) -> bool:
    """Return whether the texts that stand for something else are in their one form."""
    try:
        return (
            str(int(leaf.src)) == leaf.src
            and stamp(leaf.recorded_at) == leaf.at
            and bytes.fromhex(leaf.ref).hex() == leaf.ref
            and str(leaf.workspace or "") == leaf.ws
        )
    except ValueError:
        return False


def _canonical(document: dict[str, str]) -> bytes:
    """Return canonical JSON; ASCII keys sort alike by code point and by UTF-16 unit."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise LeafRefused("An entry holds a lone surrogate.") from None
