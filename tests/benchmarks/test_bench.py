"""The command itself, over servers of its own: every area runs and yields finite ratios."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cdp.benchmarks.areas import AREAS
from tests.servers import ROOT

pytestmark = pytest.mark.story


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="module")
def printed(folder: Path) -> Iterator[str]:
    """Run the whole thing once, at the size that only proves that it runs."""
    done = bench("--size", "tiny", "--out", str(folder / "bench.json"), temporary=folder)
    assert done.returncode == 0, f"{done.stdout[-2000:]}{done.stderr[-4000:]}"
    yield done.stdout


@pytest.fixture
def report(printed: str, folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "bench.json").read_text())
    return found


def bench(*arguments: str, temporary: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "bench", *arguments],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("area", AREAS)
def test_an_area_yields_finite_ratios(area: str, report: dict[str, Any]) -> None:
    found = [each for each in report["comparisons"] if each["area"] == area]

    assert found
    for each in found:
        ratio = each["ratio"]
        assert all(math.isfinite(number) and number > 0 for number in ratio.values())
        assert ratio["low"] <= ratio["median"] <= ratio["high"]
        assert each["candidate"] and each["reference"] and each["means"] and each["size"]


def test_the_report_says_what_it_stood_on(report: dict[str, Any], printed: str) -> None:
    assert report["fsync"] == "on"  # a limit that skips the disk would be none
    assert f"PostgreSQL {report['postgresql']}" in printed


def test_nothing_but_the_report_is_left_behind(printed: str, folder: Path) -> None:
    assert [path.name for path in folder.iterdir()] == ["bench.json"]


def test_an_area_that_does_not_exist_is_refused_before_anything_starts(tmp_path: Path) -> None:
    done = bench("windows", temporary=tmp_path)

    assert done.returncode == 1
    assert "No such area: windows. Choose: window," in done.stderr
    assert done.stdout == ""
