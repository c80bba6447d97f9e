"""The addresses of the management API, version 1."""

from django.urls import path, re_path

from cdp.api.base import Nowhere
from cdp.api.v1 import audit, campaigns, consents, jobs, profiles, purposes, segments

urlpatterns = [
    path("purposes", purposes.PurposesView.as_view()),
    path("profiles/search", profiles.ProfileSearchView.as_view()),
    path("profiles/<uuid:subject>", profiles.ProfileView.as_view()),
    path("profiles/<uuid:subject>/events", profiles.ProfileEventsView.as_view()),
    path("subjects/<uuid:subject>/consents", consents.ConsentsView.as_view()),
    path("subjects/<uuid:subject>/grants", consents.GrantsView.as_view()),
    path("subjects/<uuid:subject>/withdrawals", consents.WithdrawalsView.as_view()),
    path("segments", segments.SegmentsView.as_view()),
    path("segments/<uuid:segment>", segments.SegmentView.as_view()),
    path("segments/<uuid:segment>/refreshes", segments.RefreshesView.as_view()),
    path("segments/<uuid:segment>/members", segments.MembersView.as_view()),
    path("campaigns", campaigns.CampaignsView.as_view()),
    path("campaigns/<uuid:campaign>", campaigns.CampaignView.as_view()),
    path("jobs/<uuid:run>", jobs.JobView.as_view(), name="job"),
    path("audit/checkpoint", audit.CheckpointView.as_view()),
    re_path(r"", Nowhere.as_view()),
]
