"""The tasks: their arguments survive JSON, and a broker that is down loses nothing."""

import json
from datetime import datetime
from typing import Any

import pytest
from celery import Celery

from campaigns import waking
from campaigns.broadcasts.launch import launch
from campaigns.channels import registry
from campaigns.delivery import tasks
from cdp.kernel import database
from cdp.kernel.roles import Role
from tests.campaigns.conftest import ALICE, Office
from tests.people import Customer

pytestmark = pytest.mark.django_db


def test_the_send_task_runs_from_its_arguments_and_twice_sends_once(
    office: Office, mei: Customer, at_noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Case 39."""
    monkeypatch.setitem(registry.CHANNELS, "email", office.provider)
    campaign = office.campaign([mei])
    with database.as_role(Role.WEB):
        started = launch(campaign.pk, actor=ALICE)
    given: dict[str, Any] = {
        "run_id": str(started.pk),
        "campaign_id": str(campaign.pk),
        "workspace_id": str(office.shop.workspace.pk),
    }

    for _ in range(2):
        tasks.send_campaign(**json.loads(json.dumps(given)))

    assert office.provider.addresses == [mei.email]


def test_a_broker_that_is_down_does_not_fail_the_request() -> None:
    """Case 37: what was asked for stands in the rows; the tick of the schedule finds it."""
    nowhere = Celery("nowhere", broker="redis://127.0.0.1:1/0", set_as_current=False)
    nowhere.conf.task_publish_retry_policy = {"max_retries": 0}

    @nowhere.task
    def anything(**ids: str) -> None:
        """Do nothing."""

    assert waking._enqueue(anything, {"run_id": "1"}) is False
