"""
The keyring in a file of mode 0600, by default `var/keys/keyring.json`.

`PrivateFile` guards and replaces the file whole; providers with a key service have one too.
"""

import fcntl
import os
import stat
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cdp.kernel import key_document
from cdp.kernel.key_document import Entry
from cdp.kernel.keyring import Health, Keyring, KeyringRefused


class PrivateFile:
    """A keyring's file: read only if it is private, written as a whole or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def exists(self) -> bool:
        """Say whether the file is there."""
        return os.path.lexists(self.path)

    def read(self) -> list[Entry]:
        """
        Return the entries in the file.

        :raises KeyringRefused: missing, readable by others, a link, or not a keyring
        """
        try:
            facts = self.path.lstat()
        except FileNotFoundError:
            raise KeyringRefused(
                f"No keyring at {self.path}. Restore it from its backup, or run “make demo” to "
                "begin anew."
            ) from None
        if not stat.S_ISREG(facts.st_mode):
            raise KeyringRefused(
                f"{self.path} is not a regular file. Put the keyring itself there."
            )
        if facts.st_mode & 0o077:
            raise KeyringRefused(f"{self.path} can be read by others. Run: chmod 600 {self.path}")
        return key_document.parse(self.path.read_bytes(), where=str(self.path))

    def write(self, entries: list[Entry]) -> None:
        """Write the file as a whole or not at all: temporary file, fsync, rename, fsync."""
        temporary = self.path.with_suffix(".new")
        temporary.unlink(missing_ok=True)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(key_document.render(entries))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path)
        with self._folder() as folder:
            os.fsync(folder)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Keep other writers of this folder out for the length of the block."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._folder() as folder:
            fcntl.flock(folder, fcntl.LOCK_EX)  # given back when the folder is closed
            yield

    def stamp(self) -> Hashable:
        """Return what differs after each write; None while there is no file."""
        try:
            facts = self.path.lstat()
        except FileNotFoundError:
            return None
        return facts.st_mtime_ns, facts.st_ino

    @contextmanager
    def _folder(self) -> Iterator[int]:
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            yield folder
        finally:
            os.close(folder)


class FileProvider(PrivateFile):
    """Keeps the keyring in a file, its materials as they are; whoever reads it has the keys."""

    name = "file"
    writable = True

    def load(self) -> Keyring:
        """
        Return the keyring in the file.

        :raises KeyringRefused: missing, readable by others, a link, or not a keyring
        """
        return key_document.plain(self.read(), where=str(self.path))

    def store(self, ring: Keyring) -> None:
        """Write the keyring as a whole or not at all."""
        self.write([key_document.entry_of(key) for key in ring.every()])

    def health(self) -> Health:
        """Say whether the file can be read and its folder written."""
        try:
            self.load()
        except KeyringRefused as refusal:
            return Health(False, str(refusal))
        if not os.access(self.path.parent, os.W_OK):
            return Health(False, f"{self.path.parent} cannot be written; no key can be rotated.")
        return Health(True, f"The keyring {self.path} is whole and private.")
