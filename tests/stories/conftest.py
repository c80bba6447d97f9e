"""A house per story, and the people who walk into it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import Servers
from tests.stories.house import House


@pytest.fixture
def house(servers: Servers, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[House]:
    """Return a whole Candor with nobody in it; its processes are started by the story."""
    tmp_path.chmod(0o700)
    name = f"story_{request.node.name[:40].lower().replace('[', '_').rstrip(']')}"
    running = House(servers, name, tmp_path)
    try:
        yield running
    finally:
        running.stop()
