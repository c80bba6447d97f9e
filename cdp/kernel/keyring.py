"""
The keyring: key-encryption keys and the other secrets that no database holds.

Where it is kept is the provider's matter (`CDP_KEY_PROVIDER`): a file of mode 0600 that the
launcher makes once, the environment, or a file whose materials a key service wraps. Uses: `kek`
wraps data keys, `index` is the root of the blind indexes, `reference` the root of the audit
pseudonyms (never rotated), `sign` the log's Ed25519 seed, `token` signs links, `intake` seals
journal rows for a day.
"""

from collections.abc import Callable, Hashable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from cdp.kernel import clock, crypto
from cdp.kernel.errors import CdpError
from cdp.kernel.logging import logger

RETRY = timedelta(seconds=30)  # after a key service did not answer
STATES = ("active", "enabled", "retired")
# name → what makes it; a provider that needs a library of its own is loaded when it is chosen
PROVIDERS = {
    "file": "cdp.kernel.key_providers.file.FileProvider",
    "env": "cdp.kernel.key_providers.environment.EnvironmentProvider",
    "vault-transit": "cdp.kernel.key_providers.vault_transit.provide",
    "aws-kms": "cdp.kernel.key_providers.aws_kms.provide",
}


class KeysUnusable(CdpError):
    """Parent of what stops every use of keys, whoever the data are about."""

    code = "keys_unusable"


class KeyringRefused(KeysUnusable):
    """The keyring cannot be used; the message says what to do about it."""

    code = "keyring_refused"


class KeyringReadOnly(CdpError):
    """The keyring comes from where this process cannot write."""

    code = "keyring_read_only"


class KeyMissing(KeysUnusable):
    """A key that the data refers to is not in the keyring."""

    code = "key_missing"


class KeyServiceAway(KeysUnusable):
    """The key service does not answer, is sealed, or failed."""

    code = "key_service_away"


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
    material: bytes = field(repr=False)
    origin: str = ""

    @property
    def check_value(self) -> bytes:
        return crypto.key_check_value(self.material)


class Keyring:
    """The keys of one deployment; every change is a new keyring."""

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

    def every(self) -> list[Key]:
        """Return every key."""
        return list(self._keys.values())

    def with_waiting(self, use: Use, *, at: datetime) -> "Keyring":
        """Return a keyring with one more key of `use` that opens and is not used yet."""
        former = self.of(use)
        key_id = max((k.id for k in former), default=0) + 1
        origin = former[-1].origin if former else ""
        fresh = _make(use, key_id=key_id, at=at, origin=origin)
        return Keyring([*self._keys.values(), replace(fresh, state="enabled")])

    def with_active(self, use: Use, key_id: int) -> "Keyring":
        """
        Return a keyring whose active key of `use` is the named one; the former stays enabled.

        :raises KeyMissing: it is not in this keyring
        """
        chosen = self.get(use, key_id)
        others = [
            replace(key, state="enabled") if key.use is use and key.state == "active" else key
            for key in self._keys.values()
            if key is not chosen
        ]
        return Keyring([*others, replace(chosen, state="active")])

    def with_new(self, use: Use, *, at: datetime) -> "Keyring":
        """Return a keyring with one more key of `use`, active; the former stays enabled."""
        grown = self.with_waiting(use, at=at)
        return grown.with_active(use, grown.of(use)[-1].id)

    def with_retired(self, use: Use, key_id: int) -> "Keyring":
        """
        Return a keyring in which the named key is retired.

        :raises KeyMissing: it is not in this keyring
        """
        chosen = self.get(use, key_id)
        others = [key for key in self._keys.values() if key is not chosen]
        return Keyring([*others, replace(chosen, state="retired")])

    def without(self, use: Use, key_id: int) -> "Keyring":
        """Return a keyring in which the named key does not exist any more."""
        return Keyring(k for k in self._keys.values() if (k.use, k.id) != (use, key_id))


def _make(use: Use, *, key_id: int, at: datetime, origin: str = "") -> Key:
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Key(key_id, use, "active", stamp, crypto.new_key(), origin)


def generate(*, origin: str, at: datetime) -> Keyring:
    """Return a new keyring with one key of each use; `origin` names the audit log."""
    return Keyring(
        _make(use, key_id=1, at=at, origin=origin if use is Use.SIGN else "") for use in Use
    )


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a provider can do its work now, in one sentence."""

    fine: bool
    says: str


class KeyProvider(Protocol):
    """Where a keyring is kept."""

    name: str
    writable: bool

    def exists(self) -> bool:
        """Say whether there is a keyring."""

    def load(self) -> Keyring:
        """Return the keyring; raises KeyringRefused or KeyServiceAway."""

    def store(self, ring: Keyring) -> None:
        """Keep the keyring as a whole or not at all; raises KeyringReadOnly or KeyServiceAway."""

    def changing(self) -> AbstractContextManager[None]:
        """Keep other writers out for the length of the block."""

    def stamp(self) -> Hashable:
        """Return what differs after each change; asked before each use, so it is cheap."""

    def health(self) -> Health:
        """Say whether keys can be made and opened now."""


def provider() -> KeyProvider:
    """
    Return the provider that the settings choose.

    :raises KeyringRefused: there is none of that name, or what it needs is not installed or set
    """
    return _process.provider()


def current() -> Keyring:
    """
    Return the process's keyring, from memory while it is unchanged.

    :raises KeyringRefused: it is missing, others can read it, or it is no keyring
    :raises KeyServiceAway: a key service has to unwrap it and does not answer
    """
    return _process.keyring()


def change(edit: Callable[[Keyring], Keyring]) -> Keyring:
    """
    Keep what `edit` makes of the newest keyring, one writer at a time; return it.

    :raises KeyringReadOnly: the provider only reads
    :raises KeyringRefused: there is no good keyring to change
    :raises KeyServiceAway: a key service has to wrap it and does not answer
    """
    kept = provider()
    with kept.changing():
        changed = edit(kept.load())
        kept.store(changed)
    return changed


def create(kept: KeyProvider, ring: Keyring) -> None:
    """
    Keep a first keyring; one that is there is never touched.

    :raises KeyringRefused: there is one
    """
    with kept.changing():
        if kept.exists():
            raise KeyringRefused("There is a keyring; it is never overwritten.")
        kept.store(ring)


class _Process:
    """What this process has in memory; read again when it changed (intake keys rotate daily)."""

    def __init__(self) -> None:
        self._chosen: tuple[str, Path] | None = None
        self._provider: KeyProvider | None = None
        self._stamp: Hashable = None
        self._ring: Keyring | None = None
        self._not_before = datetime.min.replace(tzinfo=UTC)

    def provider(self) -> KeyProvider:
        chosen = (settings.KEY_PROVIDER, settings.KEYRING)
        if self._provider is None or chosen != self._chosen:
            self._provider, self._chosen, self._ring = _provide(*chosen), chosen, None
        return self._provider

    def keyring(self) -> Keyring:
        kept = self.provider()
        stamp = kept.stamp()
        if self._ring is None or (stamp != self._stamp and clock.now() >= self._not_before):
            try:
                self._ring, self._stamp = kept.load(), stamp
            except KeyServiceAway:
                if self._ring is None:
                    raise
                # what is in memory still opens everything but the newest key's
                logger().warning("keyring.not_renewed", reason=KeyServiceAway.code)
                self._not_before = clock.now() + RETRY
        return self._ring


def _provide(name: str, path: Path) -> KeyProvider:
    if name not in PROVIDERS:
        raise KeyringRefused(
            f"CDP_KEY_PROVIDER is “{name}”; choose one of: {', '.join(PROVIDERS)}."
        )
    try:
        make = import_string(PROVIDERS[name])
    except ModuleNotFoundError as missing:
        raise KeyringRefused(
            f"The key provider “{name}” needs the package {missing.name}. "
            f"Run: pip install 'candor[{name}]'"
        ) from None
    made: KeyProvider = make(path)
    return made


_process = _Process()
