"""Job runs: how background work goes, and what came of it."""

from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cdp.api.auth import Scope
from cdp.api.base import ApiView
from cdp.api.schema import operation
from cdp.kernel import jobs
from cdp.kernel.models import JobRun

POLL_SECONDS = "2"  # a polite pace to ask again


class ProgressOutput(serializers.Serializer[Any]):
    """How far a run is; `total` 0 means that nobody knows yet."""

    done = serializers.IntegerField()
    total = serializers.IntegerField()


class JobErrorOutput(serializers.Serializer[Any]):
    """Why a run stopped."""

    code = serializers.CharField()
    detail = serializers.CharField(allow_blank=True)


class JobOutput(serializers.Serializer[Any]):
    """One run: what is done, by whom, how far, what came of it."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=JobRun.State.choices)
    phase = serializers.CharField(allow_blank=True)
    purpose = serializers.CharField(allow_blank=True)
    actor = serializers.CharField()
    progress = ProgressOutput()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    result = serializers.DictField()
    error = JobErrorOutput(allow_null=True)


class JobView(ApiView):
    """One job run of this workspace."""

    scope = Scope("jobs:read")

    @operation(
        "read_job", "Read a job run", scope="jobs:read", answers={200: JobOutput},
        problems=(404,),
    )  # fmt: skip
    def get(self, request: Request, run: UUID) -> Response:
        """GET /api/v1/jobs/{run}"""
        try:
            found = jobs.find(run)
        except JobRun.DoesNotExist:
            raise Http404 from None
        response = Response(JobOutput(shown(found)).data)
        if not found.is_over:
            response["Retry-After"] = POLL_SECONDS
        return response


def shown(run: JobRun) -> dict[str, Any]:
    """Return a run as the API tells it."""
    error = {"code": run.reason, "detail": run.explanation} if run.reason else None
    return {
        "id": run.pk,
        "kind": run.kind,
        "state": run.state,
        "phase": run.phase,
        "purpose": run.purpose,
        "actor": run.actor,
        "progress": {"done": run.done, "total": run.total},
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.ended_at,
        "result": run.result,
        "error": error,
    }


def located(request: Request, run: JobRun) -> Response:
    """Return 202 for work that a worker will do, with the address that tells how it goes."""
    where = request.build_absolute_uri(reverse("api:job", args=[run.pk]))
    headers = {"Location": where, "Retry-After": POLL_SECONDS}
    return Response(JobOutput(shown(run)).data, status=202, headers=headers)
