"""Previews: made up for anybody to see, or as one person with nothing of them in it."""

import json

import pytest

from campaigns.messages import ask, preview, tasks
from campaigns.messages.preview import NotReachable
from cdp.kernel import database
from cdp.kernel.roles import Role
from tests.campaigns.conftest import ALICE, WORKER, Office
from tests.people import Customer

pytestmark = pytest.mark.django_db


def test_a_made_up_preview_reads_nobody(office: Office) -> None:
    template = office.template()

    message = preview.preview_made_up(template, language="en", workspace=office.shop.workspace)

    assert message.subject == "Hi Alex"


def test_a_preview_as_a_person_conceals_their_values(office: Office, mei: Customer) -> None:
    message = preview.preview_as(
        office.template(), mei.subject, purpose_key="marketing.email",
        workspace=office.shop.workspace, actor=WORKER,
    )  # fmt: skip

    assert message.subject == "Hi M***"


def test_who_does_not_permit_the_purpose_has_no_preview(office: Office, jonas: Customer) -> None:
    with pytest.raises(NotReachable):
        preview.preview_as(
            office.template(), jonas.subject, purpose_key="marketing.email",
            workspace=office.shop.workspace, actor=WORKER,
        )  # fmt: skip


def test_the_preview_task_keeps_nothing_personal_in_its_run(office: Office, mei: Customer) -> None:
    template = office.template()
    with database.as_role(Role.WEB):
        run = ask.ask_for_preview(
            template.pk, subject=mei.subject, purpose_key="marketing.email", actor=ALICE
        )
    arguments = {"run_id": str(run.pk), "workspace_id": str(office.shop.workspace.pk)}

    tasks.preview_message(**json.loads(json.dumps(arguments)))

    run.refresh_from_db()
    assert run.state == "succeeded"
    assert run.result["subject"] == "Hi M***"
    assert "Mei" not in json.dumps(run.result) and "canary" not in json.dumps(run.result)
