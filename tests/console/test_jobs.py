"""Jobs: what runs, a way to stop it, and an end to asking."""

from datetime import timedelta

from django.test import Client
from django.urls import reverse

from audit.actors import Actor
from cdp.console.jobs import STOP_POLLING, lines, pace, result_rows
from cdp.kernel import clock, database, jobs
from cdp.kernel.models import JobRun, Workspace
from cdp.kernel.roles import Role
from tests.conftest import NOON


def make_run(**facts: object) -> JobRun:
    """Return a queued run of the schedule, with these facts written into it."""
    with database.as_role(Role.WORKER):
        run = jobs.start("refresh_segment", actor=Actor.system("schedule"), total=100)
        JobRun.objects.filter(pk=run.pk).update(**facts)
        return jobs.find(run.pk)


def test_a_run_is_listed_with_its_title_and_who_started_it(
    workspace: Workspace, ada: Client
) -> None:
    make_run()

    page = ada.get(reverse("console:jobs")).content.decode()

    assert "Segment refresh" in page
    assert "system: schedule" in page


def test_a_press_on_cancel_asks_the_run_to_stop_and_is_on_record(
    workspace: Workspace, ada: Client
) -> None:
    run = make_run(state=JobRun.State.RUNNING)

    answer = ada.post(reverse("console:job_cancel", args=[run.pk]))

    assert answer["Location"] == reverse("console:job", args=[run.pk])
    with database.as_role(Role.AUDIT), database.cursor() as sql:
        sql.execute("SELECT obj FROM audit_inbox WHERE act = 'job.cancel'")
        assert sql.fetchall() == [(f"job:{run.pk}",)]
    assert jobs.find(run.pk).cancel_requested


def test_canceling_what_is_over_changes_nothing(workspace: Workspace, ada: Client) -> None:
    run = make_run(state=JobRun.State.SUCCEEDED)

    ada.post(reverse("console:job_cancel", args=[run.pk]))

    assert not jobs.find(run.pk).cancel_requested
    with database.as_role(Role.AUDIT), database.cursor() as sql:
        sql.execute("SELECT count(*) FROM audit_inbox WHERE act = 'job.cancel'")
        assert sql.fetchone() == (0,)


def test_who_may_only_read_jobs_cannot_stop_one(workspace: Workspace, omar: Client) -> None:
    run = make_run(state=JobRun.State.RUNNING)

    assert omar.get(reverse("console:job", args=[run.pk])).status_code == 200
    assert omar.post(reverse("console:job_cancel", args=[run.pk])).status_code == 403


def test_a_page_stops_asking_once_the_run_is_over(workspace: Workspace, ada: Client) -> None:
    going, over = make_run(state=JobRun.State.RUNNING), make_run(state=JobRun.State.FAILED)
    asked = {"HX-Request": "true"}

    during = ada.get(reverse("console:job", args=[going.pk]), headers=asked)
    after = ada.get(reverse("console:job", args=[over.pk]), headers=asked)

    assert (during.status_code, after.status_code) == (200, STOP_POLLING)
    assert "hx-get" in during.content.decode()
    assert "hx-get" not in after.content.decode()


def test_a_failed_run_says_why(workspace: Workspace, ada: Client) -> None:
    run = make_run(state=JobRun.State.FAILED, explanation="Nobody permits it.")

    assert "Nobody permits it." in ada.get(reverse("console:job", args=[run.pk])).content.decode()


def test_a_run_that_does_not_exist_is_not_here(workspace: Workspace, ada: Client) -> None:
    unknown = workspace.pk

    assert ada.get(reverse("console:job", args=[unknown])).status_code == 404


def test_asking_slows_down_with_age(workspace: Workspace) -> None:
    run = make_run()
    paces = []
    for seconds in (1, 31, 121):
        with clock.stopped(run.created_at + timedelta(seconds=seconds)):
            paces.append(pace(run))

    assert paces == [1, 2, 5]


def test_time_left_is_told_only_when_it_is_honest(workspace: Workspace) -> None:
    started = {"state": JobRun.State.RUNNING, "started_at": NOON - timedelta(seconds=30)}
    early, halfway = make_run(done=5, **started), make_run(done=50, **started)

    with clock.stopped(NOON):
        told = [line.left for line in lines([early, halfway])]

    assert told == [None, timedelta(seconds=30)]


def test_nested_results_show_as_their_size() -> None:
    rows = result_rows({"entered": 3, "leaves": [1, 2], "by_state": {"sent": 1}})

    assert rows == [("Entered", 3), ("leaves", "2 entries"), ("by state", "1 entry")]
