"""Campaigns: what is said to whom, for which purpose, and how it goes. Read only."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import Campaign
from campaigns.planning.create import find
from cdp.api import pagination
from cdp.api.auth import Scope
from cdp.api.base import ApiView
from cdp.api.schema import operation

SCOPE = Scope("campaigns:read")


class CampaignOutput(serializers.Serializer[Any]):
    """One campaign; counts are its deliveries by state and reason."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=Campaign.State.choices)
    purpose = serializers.CharField(source="purpose_key")
    channel = serializers.CharField()
    segment_id = serializers.UUIDField(allow_null=True)
    template_id = serializers.UUIDField(allow_null=True)
    occurrence = serializers.IntegerField()
    counts = serializers.DictField()
    job_id = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    launched_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class CampaignsView(ApiView):
    """The campaigns of this workspace, newest first."""

    scope = SCOPE

    @operation(
        "list_campaigns", "List campaigns", scope="campaigns:read", paged=True,
        answers={200: pagination.page_of(CampaignOutput)},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """GET /api/v1/campaigns"""
        page = pagination.asked(request)
        rows = Campaign.objects.order_by("-id")
        if page.after:
            rows = rows.filter(id__lt=page.after[0])
        found = list(rows[: page.one_more])
        return pagination.answer(request, page, found, place=lambda c: (c.pk,), show=CampaignOutput)


class CampaignView(ApiView):
    """One campaign."""

    scope = SCOPE

    @operation(
        "read_campaign", "Read a campaign", scope="campaigns:read",
        answers={200: CampaignOutput}, problems=(404,),
    )  # fmt: skip
    def get(self, request: Request, campaign: UUID) -> Response:
        """GET /api/v1/campaigns/{campaign}"""
        return Response(CampaignOutput(find(campaign)).data)
