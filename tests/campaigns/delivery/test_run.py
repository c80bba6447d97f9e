"""A campaign's run: from launch to the last message, killed workers and all."""

from datetime import datetime, timedelta

import pytest

from campaigns.broadcasts.launch import launch
from campaigns.channels import registry
from campaigns.delivery import run
from campaigns.delivery.sweep import sweep
from cdp.kernel import clock, database, jobs
from cdp.kernel.models import JobRun
from cdp.kernel.roles import Role
from tests.campaigns.conftest import ALICE, Office, deliveries
from tests.campaigns.provider import FakeProvider
from tests.people import Customer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def outside(provider: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the stand-in for the provider where the registry has the real channel."""
    monkeypatch.setitem(registry.CHANNELS, "email", provider)


def launched(office: Office, *members: Customer) -> JobRun:
    campaign = office.campaign(members)
    with database.as_role(Role.WEB):
        return launch(campaign.pk, actor=ALICE)


def send(started: JobRun, *, at: datetime) -> None:
    campaign = started.params["campaign"]
    with clock.stopped(at):
        run.send_campaign(campaign, run_id=started.pk, until=at + timedelta(minutes=1))


def swept(at: datetime) -> None:
    with clock.stopped(at), database.as_role(Role.SWEEP):
        sweep()


def test_a_launch_reaches_everybody_who_permits_and_the_run_says_so(
    office: Office, mei: Customer, sofia: Customer, jonas: Customer, at_noon: datetime
) -> None:
    started = launched(office, mei, sofia, jonas)

    send(started, at=at_noon)

    started.refresh_from_db()
    assert started.state == JobRun.State.SUCCEEDED
    assert started.result == {"audience": 2, "remaining": 0, "sent": 2}
    assert (started.done, started.total) == (2, 2)
    assert sorted(office.provider.addresses) == sorted([mei.email, sofia.email])


def test_the_same_task_twice_sends_once(office: Office, mei: Customer, at_noon: datetime) -> None:
    started = launched(office, mei)

    send(started, at=at_noon)
    send(started, at=at_noon)

    assert office.provider.addresses == [mei.email]


def test_a_worker_that_died_is_replaced_and_nobody_is_forgotten_or_written_to_twice(
    office: Office, mei: Customer, sofia: Customer, at_noon: datetime
) -> None:
    """Case 34, from the rows alone."""
    started = launched(office, mei, sofia)

    def killed(address: str) -> None:
        if office.provider.kept:
            raise KeyboardInterrupt  # as a kill: nothing after it runs

    office.provider.before = killed
    with pytest.raises(KeyboardInterrupt):
        send(started, at=at_noon)
    JobRun.objects.filter(pk=started.pk).update(state="running", heartbeat_at=at_noon)
    office.provider.before = lambda address: None
    later = at_noon + timedelta(minutes=2)
    swept(later)
    forgotten = run.forgotten(as_of=later)
    send(started, at=later)
    swept(later)

    assert [found for _, found in forgotten] == [started.pk]
    assert {state for state, _ in deliveries().values()} == {"sent"}
    by_address = {address: key for address, key, _ in office.provider.kept}
    assert by_address.keys() == {mei.email, sofia.email}
    # a repeat carries the id of the first, so a mailbox keeps one
    assert len({(address, key) for address, key, _ in office.provider.kept}) == 2


def test_a_run_that_failed_before_the_audience_was_frozen_is_made_up_for(
    office: Office, mei: Customer, at_noon: datetime
) -> None:
    started = launched(office, mei)
    JobRun.objects.filter(pk=started.pk).update(state="failed")

    forgotten = run.forgotten(as_of=at_noon)
    send(started, at=at_noon)

    assert [found for _, found in forgotten] == [started.pk]
    assert office.provider.addresses == [mei.email]


def test_a_run_that_is_alive_is_not_forgotten(
    office: Office, mei: Customer, at_noon: datetime
) -> None:
    started = launched(office, mei)
    JobRun.objects.filter(pk=started.pk).update(state="running", heartbeat_at=at_noon)

    assert run.forgotten(as_of=at_noon + timedelta(seconds=30)) == []


def test_a_finished_campaign_wakes_nobody(office: Office, mei: Customer, at_noon: datetime) -> None:
    started = launched(office, mei)
    send(started, at=at_noon)
    swept(at_noon)

    assert run.forgotten(as_of=at_noon + timedelta(hours=1)) == []


def test_a_canceled_run_stops_the_campaign(
    office: Office, mei: Customer, at_noon: datetime
) -> None:
    started = launched(office, mei)
    jobs.cancel(started.pk)

    send(started, at=at_noon)
    swept(at_noon)

    started.refresh_from_db()
    assert started.state == JobRun.State.CANCELED
    assert office.provider.kept == []
    assert set(deliveries().values()) <= {("skipped", "stopped")}
