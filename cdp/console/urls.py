"""The console's addresses: one module per screen, the URL's first word is its name."""

from django.urls import path

from cdp.console import (
    audit,
    campaigns,
    consents,
    jobs,
    overview,
    profiles,
    scoring,
    segments,
    sources,
)

app_name = "console"
urlpatterns = [
    path("", overview.show_overview, name="overview"),
    path("profiles/", profiles.show_profiles, name="profiles"),
    path("profiles/find/", profiles.find_profile, name="profile_find"),
    path("profiles/<uuid:subject>/", profiles.show_profile, name="profile"),
    path("profiles/<uuid:subject>/contact/", profiles.show_contact, name="profile_contact"),
    path("profiles/<uuid:subject>/<slug:tab>/", profiles.show_profile, name="profile_tab"),
    path("segments/", segments.show_segments, name="segments"),
    path("segments/new/", segments.new_segment, name="segment_new"),
    path("segments/count/", segments.count_rule, name="segment_count"),
    path("segments/count/<uuid:run_id>/", segments.show_count, name="segment_count_result"),
    path("segments/<uuid:segment_id>/", segments.show_segment, name="segment"),
    path("segments/<uuid:segment_id>/edit/", segments.edit_segment, name="segment_edit"),
    path("segments/<uuid:segment_id>/refresh/", segments.refresh_segment, name="segment_refresh"),
    path("segments/<uuid:segment_id>/archive/", segments.archive_segment, name="segment_archive"),
    path("campaigns/", campaigns.show_campaigns, name="campaigns"),
    path("campaigns/new/", campaigns.new_campaign, name="campaign_new"),
    path("campaigns/<uuid:campaign_id>/", campaigns.show_campaign, name="campaign"),
    path("campaigns/<uuid:campaign_id>/launch/", campaigns.launch_campaign, name="campaign_launch"),
    path("campaigns/<uuid:campaign_id>/reach/", campaigns.count_reach, name="campaign_reach"),
    path(
        "campaigns/<uuid:campaign_id>/reach/<uuid:run_id>/",
        campaigns.show_reach,
        name="campaign_reach_result",
    ),
    path(
        "campaigns/<uuid:campaign_id>/preview/", campaigns.preview_campaign, name="campaign_preview"
    ),
    path(
        "campaigns/<uuid:campaign_id>/preview/<uuid:run_id>/",
        campaigns.show_preview,
        name="campaign_preview_result",
    ),
    path("campaigns/<uuid:campaign_id>/<slug:act>/", campaigns.steer_campaign, name="campaign_act"),
    path("scoring/", scoring.show_scoring, name="scoring"),
    path("scoring/<slug:model>/<slug:act>/", scoring.start_model, name="scoring_start"),
    path("consents/", consents.show_consents, name="consents"),
    path("audit/", audit.show_audit, name="audit"),
    path("audit/<int:index>/", audit.show_entry, name="audit_entry"),
    path("audit/<int:index>/proof/", audit.download_proof, name="audit_proof"),
    path("sources/", sources.show_sources, name="sources"),
    path("jobs/", jobs.show_jobs, name="jobs"),
    path("jobs/<uuid:run_id>/", jobs.show_job, name="job"),
    path("jobs/<uuid:run_id>/cancel/", jobs.cancel_job, name="job_cancel"),
]
