"""
The keyring: key-encryption keys and the other secrets that no database holds.

A JSON file of mode 0600 (`CDP_KEYRING`, by default `var/keys/keyring.json`) that the launcher
makes once. Uses: `kek` wraps data keys, `index` is the root of the blind indexes, `reference` the
root of the audit pseudonyms (never rotated), `sign` the log's Ed25519 seed, `token` signs links,
`intake` seals journal rows for a day.
"""

import base64
import json
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from cdp.kernel import crypto
from cdp.kernel.errors import CdpError

FORMAT = "candor-keyring/1"
STATES = ("active", "enabled", "retired")


class KeyringRefused(CdpError):
    """The keyring file cannot be used; the message says what to do about it."""

    code = "keyring_refused"


class KeyMissing(CdpError):
    """A key that the data refers to is not in the keyring."""

    code = "key_missing"


class Use(StrEnum):
    """What a key is for."""

    KEK = "kek"
    INDEX = "index"
    REFERENCE = "reference"
    SIGN = "sign"
    TOKEN = "token"  # noqa: S105  (a use, not a secret)
    INTAKE = "intake"


@dataclass(frozen=True, slots=True)
class Key:
    """One key: `state` is active (used for new things), enabled (still opens) or retired."""

    id: int
    use: Use
    state: str
    created: str
    material: bytes
    origin: str = ""

    @property
    def check_value(self) -> bytes:
        return crypto.key_check_value(self.material)


class Keyring:
    """The keys of one deployment, read once from their file."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = {(key.use, key.id): key for key in keys}
        self._active = {key.use: key for key in self._keys.values() if key.state == "active"}

    def active(self, use: Use) -> Key:
        """
        Return the key that new things are made with.

        :raises KeyMissing: there is none of that use
        """
        try:
            return self._active[use]
        except KeyError:
            raise KeyMissing(
                f"The keyring has no active key of use “{use}”. Restore keyring.json.", use=use
            ) from None

    def get(self, use: Use, key_id: int) -> Key:
        """
        Return one key by id.

        :raises KeyMissing: it is not in this keyring
        """
        try:
            return self._keys[use, key_id]
        except KeyError:
            raise KeyMissing(
                f"Key {key_id} of use “{use}” is not in the keyring.", use=use, key_id=key_id
            ) from None

    def of(self, use: Use) -> list[Key]:
        """Return every key of one use, oldest first."""
        return sorted((k for k in self._keys.values() if k.use is use), key=lambda key: key.id)

    def with_new(self, use: Use, *, at: datetime) -> "Keyring":
        """Return a keyring with one more key of `use`, active; the former stays enabled."""
        former = self.of(use)
        kept = [k for k in self._keys.values() if k.use is not use]
        kept += [_with_state(k, "enabled") if k.state == "active" else k for k in former]
        key_id = max((k.id for k in former), default=0) + 1
        origin = former[-1].origin if former else ""
        return Keyring([*kept, _make(use, key_id=key_id, at=at, origin=origin)])

    def without(self, use: Use, key_id: int) -> "Keyring":
        """Return a keyring in which the named key does not exist any more."""
        return Keyring(k for k in self._keys.values() if (k.use, k.id) != (use, key_id))

    def as_json(self) -> str:
        """Return the file's text."""
        keys = [
            {
                "id": k.id,
                "use": str(k.use),
                "state": k.state,
                "created": k.created,
                "material": base64.b64encode(k.material).decode(),
                **({"origin": k.origin} if k.origin else {}),
            }
            for k in self._keys.values()
        ]
        return json.dumps({"format": FORMAT, "keys": keys}, indent=1)


def _with_state(key: Key, state: str) -> Key:
    return Key(key.id, key.use, state, key.created, key.material, key.origin)


def _make(use: Use, *, key_id: int, at: datetime, origin: str = "") -> Key:
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Key(key_id, use, "active", stamp, crypto.new_key(), origin)


def generate(*, origin: str, at: datetime) -> Keyring:
    """Return a new keyring with one key of each use; `origin` names the audit log."""
    return Keyring(
        _make(use, key_id=1, at=at, origin=origin if use is Use.SIGN else "") for use in Use
    )


def create(path: Path, keyring: Keyring) -> None:
    """
    Write a new keyring file; an existing one is never touched.

    :raises KeyringRefused: the file exists
    """
    if path.exists():
        raise KeyringRefused(f"{path} exists; a keyring is never overwritten.")
    replace(path, keyring)


def replace(path: Path, keyring: Keyring) -> None:
    """Write the keyring file as a whole or not at all: temporary file, fsync, rename, fsync."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(keyring.as_json())
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read(path: Path) -> Keyring:
    """
    Return the keyring in `path`.

    :raises KeyringRefused: missing, readable by others, a link, or not a keyring
    """
    try:
        facts = path.lstat()
    except FileNotFoundError:
        raise KeyringRefused(
            f"No keyring at {path}. Restore it from its backup, or run “make demo” to begin anew."
        ) from None
    if not stat.S_ISREG(facts.st_mode):
        raise KeyringRefused(f"{path} is not a regular file. Put the keyring itself there.")
    if facts.st_mode & 0o077:
        raise KeyringRefused(f"{path} can be read by others. Run: chmod 600 {path}")
    return parse(path.read_bytes(), where=str(path))


def parse(text: str | bytes, *, where: str) -> Keyring:
    """
    Return the keyring written in `text`; `where` names it in messages.

    :raises KeyringRefused: unknown format or state, wrong length, double id, two active of one use
    """
    try:
        document = json.loads(text)
        if document["format"] != FORMAT:
            raise KeyringRefused(f"{where} has the format “{document['format']}”, not {FORMAT}.")
        keys = [
            Key(
                id=int(entry["id"]),
                use=Use(entry["use"]),
                state=entry["state"],
                created=entry["created"],
                material=base64.b64decode(entry["material"], validate=True),
                origin=entry.get("origin", ""),
            )
            for entry in document["keys"]
        ]
    except (KeyError, TypeError, ValueError):
        raise KeyringRefused(f"{where} is not a keyring. Restore it from its backup.") from None
    if any(len(key.material) != crypto.KEY_BYTES for key in keys):
        raise KeyringRefused(f"{where} holds a key that is not {crypto.KEY_BYTES} bytes long.")
    if any(key.state not in STATES for key in keys):
        raise KeyringRefused(f"{where} has a key whose state is none of: {', '.join(STATES)}.")
    if len({(key.use, key.id) for key in keys}) != len(keys):
        raise KeyringRefused(f"{where} holds two keys with the same use and id.")
    active = [key.use for key in keys if key.state == "active"]
    if len(set(active)) != len(active):
        raise KeyringRefused(f"{where} has two active keys of one use; retire one.")
    return Keyring(keys)


class _Loaded:
    """The process's keyring; read again when the file changed (intake keys rotate daily)."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._stamp: tuple[int, int] | None = None
        self._keyring: Keyring | None = None

    def get(self, path: Path) -> Keyring:
        facts = path.lstat() if path.exists() else None
        stamp = (facts.st_mtime_ns, facts.st_ino) if facts else None
        if self._keyring is None or path != self._path or stamp != self._stamp:
            self._keyring, self._path, self._stamp = read(path), path, stamp
        return self._keyring


_loaded = _Loaded()


def current(path: Path) -> Keyring:
    """
    Return the keyring in `path`, from memory while the file is unchanged.

    :raises KeyringRefused: as `read`
    """
    return _loaded.get(path)
