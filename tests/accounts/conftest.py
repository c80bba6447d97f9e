"""Valkey at its worst."""

from collections.abc import Iterator
from typing import Any

import pytest

from cdp.kernel import valkey


@pytest.fixture
def valkey_away(settings: Any) -> Iterator[None]:
    """Let Valkey be somewhere where nobody answers."""
    settings.VALKEY_URL = "redis://127.0.0.1:1"
    valkey.live.cache_clear()
    yield
    valkey.live.cache_clear()
