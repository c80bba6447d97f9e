"""
The cache that all processes share: Valkey's live database, values as JSON.

JSON because nothing that is read from a cache may run. What is in here may be lost at any time.
"""

import json
from typing import Any

from django.core.cache.backends.redis import RedisCache

from cdp.kernel import valkey


class JsonText:
    """Writes and reads cached values."""

    def dumps(self, value: object) -> bytes:
        """Return a value as JSON."""
        return json.dumps(value).encode()

    def loads(self, data: bytes) -> object:
        """Return the value that was written."""
        return json.loads(data)


class SharedCache(RedisCache):
    """Django's cache, in the database that `valkey.live` speaks to."""

    def __init__(self, _location: str, parameters: dict[str, Any]) -> None:
        options = {"serializer": JsonText(), **parameters.get("OPTIONS", {})}
        super().__init__(valkey.address(valkey.LIVE), {**parameters, "OPTIONS": options})
