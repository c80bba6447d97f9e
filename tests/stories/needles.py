"""Looking for values wherever they may have been written: plain, as hex, as base64."""

import base64
from collections.abc import Collection, Iterator
from pathlib import Path

import redis

from cdp.kernel import valkey
from tests.stories.house import House

SHORTEST = 8  # a shorter piece turns up by chance in the noise of ciphertexts


def spellings(value: bytes) -> Iterator[bytes]:
    """Return the value as it may have been written: plain, hex, base64 at each offset."""
    yield value
    yield value.hex().encode()
    for offset in range(3):
        coded = base64.b64encode(b"\x00" * offset + value)
        yield coded[4 if offset else 0 : -4]


class Needles:
    """Values that must be nowhere, in every spelling; case does not matter."""

    def __init__(self, values: Collection[bytes]) -> None:
        self._needles = [
            spelling.lower()
            for value in values
            for spelling in spellings(value)
            if len(spelling) >= SHORTEST
        ]

    def found_in(self, content: bytes) -> list[bytes]:
        """Return which of them the content holds."""
        low = content.lower()
        return [needle for needle in self._needles if needle in low]

    def files(self, folder: Path, *, but: Path | None = None) -> list[str]:
        """Return the files below a folder that hold any."""
        return [
            str(file)
            for file in folder.rglob("*")
            if file.is_file()
            and not (but and but in file.parents)
            and self.found_in(file.read_bytes())
        ]

    def valkey_keys(self, house: House) -> list[bytes]:
        """Return the keys of Valkey that hold any, by name or by value."""
        found = []
        for number in (valkey.BROKER, valkey.LIVE):
            url = house.servers.valkey_url
            client = redis.Redis.from_url(f"{url}&db={number}" if "?" in url else f"{url}/{number}")
            for key in client.scan_iter():
                if self.found_in(bytes(key) + (client.dump(key) or b"")):
                    found.append(bytes(key))
        return found
