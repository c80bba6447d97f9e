"""
The keyring in the environment, for containers: `CDP_KEYRING_JSON` holds the document.

It is read once; nobody can change it from inside, so whoever sets the variable rotates keys, the
daily intake key too.
"""

import os
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cdp.kernel import key_document
from cdp.kernel.keyring import Health, Keyring, KeyringReadOnly, KeyringRefused

VARIABLE = "CDP_KEYRING_JSON"


class EnvironmentProvider:
    """Reads the keyring from the environment."""

    name = "env"
    writable = False

    def __init__(self, path: Path) -> None:
        self._text = os.environ.get("CDP_KEYRING_JSON", "")

    def exists(self) -> bool:
        """Say whether the variable is set."""
        return bool(self._text)

    def load(self) -> Keyring:
        """
        Return the keyring in the variable.

        :raises KeyringRefused: it is not set, or holds no keyring
        """
        if not self._text:
            raise KeyringRefused(f"{VARIABLE} is not set. Put the keyring's document there.")
        return key_document.plain(key_document.parse(self._text, where=VARIABLE), where=VARIABLE)

    def store(self, ring: Keyring) -> None:
        """
        Refuse: a process cannot change what it was started with.

        :raises KeyringReadOnly: always
        """
        raise KeyringReadOnly(
            f"The keyring comes from {VARIABLE}. Change it where the variable is set, and restart."
        )

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Keep nobody out: nothing changes."""
        yield

    def stamp(self) -> Hashable:
        """Return the same for the process's life."""
        return 0

    def health(self) -> Health:
        """Say whether the variable holds a keyring."""
        try:
            self.load()
        except KeyringRefused as refusal:
            return Health(False, str(refusal))
        return Health(True, f"{VARIABLE} holds a whole keyring; it is rotated where it is set.")
