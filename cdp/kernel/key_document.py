"""
The keyring as a document: JSON, an entry a key. Pure.

An entry holds its `material` (base64), or `wrapped` and `kms_key` where a key service has to open
it.
"""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cdp.kernel import crypto
from cdp.kernel.keyring import STATES, Key, Keyring, KeyringRefused, Use

FORMAT = "candor-keyring/1"


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A material as a key service hands it out; `by` names the service's key."""

    blob: str
    by: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One key as it is kept: with its material, or wrapped."""

    id: int
    use: Use
    state: str
    created: str
    origin: str
    material: bytes | None = field(repr=False)
    wrapped: Wrapped | None = None

    def key(self, material: bytes) -> Key:
        """Return the key that this entry and its material make."""
        return Key(self.id, self.use, self.state, self.created, material, self.origin)


def entry_of(key: Key, *, wrapped: Wrapped | None = None) -> Entry:
    """Return how a key is kept: wrapped where it is given so, else with its material."""
    material = None if wrapped else key.material
    return Entry(key.id, key.use, key.state, key.created, key.origin, material, wrapped)


def parse(text: str | bytes, *, where: str) -> list[Entry]:
    """
    Return the entries written in `text`; `where` names it in messages.

    :raises KeyringRefused: unknown format or state, wrong length, double id, two active of one use
    """
    try:
        document = json.loads(text)
        if document["format"] != FORMAT:
            raise KeyringRefused(f"{where} has the format “{document['format']}”, not {FORMAT}.")
        entries = [_read(entry) for entry in document["keys"]]
    except (KeyError, TypeError, ValueError):
        raise KeyringRefused(f"{where} is not a keyring. Restore it from its backup.") from None
    if any(e.material is not None and len(e.material) != crypto.KEY_BYTES for e in entries):
        raise KeyringRefused(f"{where} holds a key that is not {crypto.KEY_BYTES} bytes long.")
    if any(entry.state not in STATES for entry in entries):
        raise KeyringRefused(f"{where} has a key whose state is none of: {', '.join(STATES)}.")
    if len({(entry.use, entry.id) for entry in entries}) != len(entries):
        raise KeyringRefused(f"{where} holds two keys with the same use and id.")
    active = [entry.use for entry in entries if entry.state == "active"]
    if len(set(active)) != len(active):
        raise KeyringRefused(f"{where} has two active keys of one use; retire one.")
    return entries


def plain(entries: Iterable[Entry], *, where: str) -> Keyring:
    """
    Return the keyring of entries that hold their materials.

    :raises KeyringRefused: one of them is wrapped by a key service
    """
    keys = []
    for entry in entries:
        if entry.material is None:
            raise KeyringRefused(
                f"{where} holds keys that a key service wrapped. Set CDP_KEY_PROVIDER to that "
                "service."
            )
        keys.append(entry.key(entry.material))
    return Keyring(keys)


def render(entries: Iterable[Entry]) -> str:
    """Return the document's text."""
    return json.dumps({"format": FORMAT, "keys": [_written(each) for each in entries]}, indent=1)


def _read(entry: Any) -> Entry:
    wrapped = Wrapped(str(entry["wrapped"]), str(entry["kms_key"])) if "wrapped" in entry else None
    material = None if wrapped else base64.b64decode(entry["material"], validate=True)
    return Entry(
        id=int(entry["id"]),
        use=Use(entry["use"]),
        state=entry["state"],
        created=entry["created"],
        origin=entry.get("origin", ""),
        material=material,
        wrapped=wrapped,
    )


def _written(entry: Entry) -> dict[str, Any]:
    kept: dict[str, Any] = {
        "id": entry.id,
        "use": str(entry.use),
        "state": entry.state,
        "created": entry.created,
    }
    if entry.wrapped:
        kept |= {"wrapped": entry.wrapped.blob, "kms_key": entry.wrapped.by}
    elif entry.material is not None:
        kept["material"] = base64.b64encode(entry.material).decode()
    return kept | ({"origin": entry.origin} if entry.origin else {})
