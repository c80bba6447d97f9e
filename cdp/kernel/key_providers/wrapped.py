"""
The keyring in a file whose materials a key service wraps: a stolen file opens nothing.

The service unwraps each key once in a process's life, never one call a subject. The file is
replaced like the plain one; keys that are in it plainly are wrapped when it is next stored.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from cdp.kernel import crypto
from cdp.kernel.errors import CdpError
from cdp.kernel.key_document import Entry, Wrapped, entry_of
from cdp.kernel.key_providers.file import PrivateFile
from cdp.kernel.keyring import Health, Key, Keyring, KeysUnusable, Use


class KeyServiceDenied(KeysUnusable):
    """The key service does not let this process in, or not to this key."""

    code = "key_service_denied"


class KeyNotUnwrapped(KeysUnusable):
    """The key service cannot open a key: another service key wrapped it, or it was altered."""

    code = "key_not_unwrapped"


Context = Mapping[str, str]


class KeyService(Protocol):
    """
    A service that wraps 32 bytes for us; `context` is bound to what it wraps.

    Both calls raise KeyServiceAway and KeyServiceDenied, `unwrap` KeyNotUnwrapped as well.
    """

    name: str

    def wrap(self, material: bytes, context: Context) -> Wrapped:
        """Return the material wrapped."""

    def unwrap(self, wrapped: Wrapped, context: Context) -> bytes:
        """Return the material."""


class WrappedFileProvider(PrivateFile):
    """Keeps the keyring in a file, each material wrapped by a key service."""

    writable = True

    def __init__(self, path: Path, service: KeyService) -> None:
        super().__init__(path)
        self.name = service.name
        self._service = service
        self._opened: dict[Wrapped, bytes] = {}

    def load(self) -> Keyring:
        """
        Return the keyring; only keys not seen before are unwrapped.

        :raises KeyringRefused: the file is missing, readable by others, or no keyring
        :raises KeyServiceAway: the service does not answer
        :raises KeyServiceDenied: it refuses us
        :raises KeyNotUnwrapped: it cannot open a key
        """
        return Keyring(entry.key(self._material(entry)) for entry in self.read())

    def store(self, ring: Keyring) -> None:
        """
        Write the keyring as a whole or not at all; only keys not seen before are wrapped.

        :raises KeyServiceAway: the service does not answer
        :raises KeyServiceDenied: it refuses us
        """
        known = {material: wrapped for wrapped, material in self._opened.items()}
        self.write([entry_of(key, wrapped=self._wrapped(key, known)) for key in ring.every()])

    def health(self) -> Health:
        """Say whether the service wraps and unwraps, by doing it."""
        probe = crypto.new_key()
        context = {"candor": "probe"}
        try:
            fits = self._service.unwrap(self._service.wrap(probe, context), context) == probe
            plain = [entry for entry in self.read() if entry.material] if self.exists() else []
        except CdpError as refusal:
            return Health(False, str(refusal))
        if not fits:
            return Health(False, f"{self.name} gives back another key than it was given.")
        if plain:
            return Health(
                False,
                f"{len(plain)} keys lie in {self.path} unwrapped. Run: manage.py keys wrap",
            )
        return Health(True, f"{self.name} wraps and unwraps.")

    def _material(self, entry: Entry) -> bytes:
        if entry.material is not None:
            return entry.material
        assert entry.wrapped is not None  # an entry has one or the other
        if entry.wrapped not in self._opened:
            material = self._service.unwrap(entry.wrapped, _context(entry.use, entry.id))
            if len(material) != crypto.KEY_BYTES:
                raise KeyNotUnwrapped(
                    f"{self.name} unwraps key {entry.id} of use “{entry.use}” to something that "
                    "is no key. Restore the keyring from its backup."
                )
            self._opened[entry.wrapped] = material
        return self._opened[entry.wrapped]

    def _wrapped(self, key: Key, known: Mapping[bytes, Wrapped]) -> Wrapped:
        wrapped = known.get(key.material)
        if wrapped is None:
            wrapped = self._service.wrap(key.material, _context(key.use, key.id))
            self._opened[wrapped] = key.material
        return wrapped


def _context(use: Use, key_id: int) -> Context:
    """Return what ties a wrapped key to its place, so that two cannot be exchanged."""
    return {"candor": "keyring", "use": str(use), "id": str(key_id)}
