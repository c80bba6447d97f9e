"""Segments: list, make, read, refresh, and who is in one."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audit.acting import acting
from cdp.api import pagination, people
from cdp.api.auth import Scope, actor_of, purpose_of
from cdp.api.base import ApiView, StrictInput, given
from cdp.api.once import keep
from cdp.api.schema import operation
from cdp.api.v1.jobs import JobOutput, located
from cdp.kernel import database
from profiles.models import Segment
from profiles.segments.create import MAX_DESCRIPTION, MAX_NAME, MINUTES, create_segment
from profiles.segments.find import find_segment
from profiles.segments.tasks import start_refresh

SCOPE = Scope("segments:read", write="segments:write")


class SegmentOutput(serializers.Serializer[Any]):
    """One segment; counts are those of its last refresh."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    rule = serializers.DictField()
    rule_number = serializers.IntegerField()
    purpose = serializers.CharField(source="purpose_key")
    size = serializers.IntegerField(allow_null=True)
    counts = serializers.DictField()
    refreshed_at = serializers.DateTimeField(allow_null=True)
    refresh_minutes = serializers.IntegerField()
    archived_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class SegmentInput(StrictInput):
    """A segment to make. `rule` is the JSON tree of the segment builder, version and all."""

    name = serializers.CharField(max_length=MAX_NAME)
    rule = serializers.DictField()
    description = serializers.CharField(
        required=False, allow_blank=True, max_length=MAX_DESCRIPTION
    )
    purpose = serializers.RegexField(
        r"^[a-z_]+(\.[a-z_]+)*$", required=False, max_length=64, source="purpose_key",
        help_text="What it is meant for; its reach is counted under it.",
    )  # fmt: skip
    refresh_minutes = serializers.IntegerField(
        required=False, min_value=MINUTES.start, max_value=MINUTES.stop - 1
    )


class MemberOutput(serializers.Serializer[Any]):
    """One person in a segment; `reason` is the truth of each condition."""

    profile_id = serializers.UUIDField()
    entered_at = serializers.DateTimeField()
    reason = serializers.ListField()


class SegmentsView(ApiView):
    """The segments in use, newest first, and a new one."""

    scope = SCOPE

    @operation(
        "list_segments", "List segments", scope="segments:read", paged=True,
        answers={200: pagination.page_of(SegmentOutput)},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """GET /api/v1/segments"""
        page = pagination.asked(request)
        rows = Segment.objects.filter(archived_at=None).order_by("-id")
        if page.after:
            rows = rows.filter(id__lt=page.after[0])
        found = list(rows[: page.one_more])
        return pagination.answer(request, page, found, place=lambda s: (s.pk,), show=SegmentOutput)

    @operation(
        "create_segment", "Make a segment", scope="segments:write", takes=SegmentInput,
        writes=True, answers={201: SegmentOutput}, problems=(404,),
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """POST /api/v1/segments"""
        asked = given(SegmentInput, request)
        actor = actor_of(request)
        with database.atomic(), acting(actor):
            made = create_segment(asked.pop("name"), actor=actor, **asked)
            where = request.build_absolute_uri(f"{request.path}/{made.pk}")
            return keep(Response(SegmentOutput(made).data, status=201, headers={"Location": where}))


class SegmentView(ApiView):
    """One segment."""

    scope = SCOPE

    @operation(
        "read_segment", "Read a segment", scope="segments:read", answers={200: SegmentOutput},
        problems=(404,),
    )  # fmt: skip
    def get(self, request: Request, segment: UUID) -> Response:
        """GET /api/v1/segments/{segment}"""
        return Response(SegmentOutput(find_segment(segment)).data)


class RefreshesView(ApiView):
    """A refresh of a segment by a worker; the job run tells how it goes."""

    scope = SCOPE

    @operation(
        "create_refresh", "Refresh a segment", scope="segments:write", writes=True,
        answers={202: JobOutput}, problems=(404,),
    )  # fmt: skip
    def post(self, request: Request, segment: UUID) -> Response:
        """POST /api/v1/segments/{segment}/refreshes"""
        with database.atomic():
            return keep(located(request, start_refresh(segment, actor=actor_of(request))))


class MembersView(ApiView):
    """The people of a segment whom the purpose shows, last entered first."""

    scope = SCOPE

    @operation(
        "list_members", "List a segment's members", scope="segments:read", people=True,
        paged=True, answers={200: pagination.page_of(MemberOutput)}, problems=(404,),
    )  # fmt: skip
    def get(self, request: Request, segment: UUID) -> Response:
        """GET /api/v1/segments/{segment}/members"""
        page = pagination.asked(request)
        under = purpose_of(request)
        found = people.members(
            find_segment(segment).pk,
            under=under,
            actor=actor_of(request),
            after=page.after,
            limit=page.one_more,
        )
        return pagination.answer(
            request, page, found, place=lambda m: (m.entered_at, m.profile_id), show=MemberOutput
        )
