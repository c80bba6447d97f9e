"""Requests that a machine makes up from the API's own description, against a real web process."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from cdp.api.schema import document
from tests.servers import ROOT
from tests.stories.house import House, buys, person, says

SCOPES = (
    "profiles:read", "events:read", "segments:read", "segments:write", "campaigns:read",
    "consents:read", "consents:write", "purposes:read", "audit:read", "jobs:read",
)  # fmt: skip
CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,"
          "response_headers_conformance,response_schema_conformance,"
          "negative_data_rejection,unsupported_method,ignored_auth")  # fmt: skip
ISSUE = f"""
from datetime import timedelta
from cdp.accounts import api_keys
from cdp.kernel import clock
from cdp.kernel.models import Workspace
made = api_keys.issue(
    workspace=Workspace.objects.get(key="default").pk, name="generated", scopes={SCOPES!r},
    purposes=["service", "profiling.segmentation", "marketing.email"],
    expires_at=clock.now() + timedelta(days=1),
)
print(made.token)
"""


def generate(house: House, token: str, *, parameters: Mapping[str, str], seed: int) -> None:
    """Make requests up, send them, and fail with the generator's own report."""
    settings = house.folder / f"schemathesis-{seed}.toml"
    lines = [f'"path.{name}" = "{value}"' for name, value in parameters.items()]
    settings.write_text("\n".join(["[parameters]", *lines, ""]))
    program = Path(sys.executable).with_name("schemathesis")
    done = subprocess.run(
        [
            str(program), "--config-file", str(settings), "run", str(ROOT / "docs/openapi.yaml"),
            "--url", f"http://127.0.0.1:{house.port}",
            "--header", f"Authorization: Bearer {token}",
            "--header", "Candor-Purpose: service",
            "--checks", CHECKS, "--phases", "examples,coverage,fuzzing",
            "--max-examples", "20", "--seed", str(seed), "--generation-deterministic",
            "--suppress-health-check", "all", "--continue-on-failure", "--no-color",
            "--warnings", "off",
        ],
        cwd=house.folder,  # it keeps its own notes where it runs
        env={**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": str(house.folder / "hypothesis")},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2_000:]
    described = sum(len(methods) for methods in document()["paths"].values())
    assert f"Tested: {described}" in done.stdout


@pytest.mark.slow
def test_no_generated_request_breaks_the_api_and_every_answer_is_as_described(
    house: House,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Case 62."""
    monkeypatch.setenv("CDP_API_PER_MINUTE", "0")
    for name in ("web", "drain"):
        house.start(name)
    house.track([person(1), says(1, {"profiling.segmentation": True}), buys(1, 20.0)])
    house.drained()
    token = house.run("shell", "--verbosity", "0", "--command", ISSUE).strip().splitlines()[-1]
    [(subject,)] = house.ask("SELECT subject_id FROM profiles_profile LIMIT 1")

    generate(house, token, parameters={}, seed=1)
    generate(house, token, parameters={"subject": str(subject)}, seed=2)

    assert house.dead() == []
    log = (house.folder / "log" / "web.log").read_text()
    assert "api.failed" not in log
