"""The console's addresses: one module per screen, the URL's first word is its name."""

from django.urls import path

from cdp.console import (
    api_keys,
    approvals,
    audit,
    campaigns,
    consents,
    jobs,
    notifications,
    overview,
    profiles,
    scoring,
    segments,
    settings,
    source_keys,
    sources,
    team,
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
    path(
        "campaigns/<uuid:campaign_id>/approval/", campaigns.ask_to_launch, name="campaign_approval"
    ),
    path("campaigns/<uuid:campaign_id>/<slug:act>/", campaigns.steer_campaign, name="campaign_act"),
    path("scoring/", scoring.show_scoring, name="scoring"),
    path("scoring/<slug:model>/<slug:act>/", scoring.start_model, name="scoring_start"),
    path("consents/", consents.show_consents, name="consents"),
    path("audit/", audit.show_audit, name="audit"),
    path("audit/<int:index>/", audit.show_entry, name="audit_entry"),
    path("audit/<int:index>/proof/", audit.download_proof, name="audit_proof"),
    path("sources/", sources.show_sources, name="sources"),
    path("sources/<uuid:source>/", source_keys.show_source, name="source"),
    path("sources/<uuid:source>/keys/", source_keys.make_key, name="source_keys"),
    path("sources/keys/<uuid:key>/rotation/", source_keys.rotate_key, name="source_key_rotation"),
    path(
        "sources/keys/<uuid:key>/revocation/",
        source_keys.revoke_key,
        name="source_key_revocation",
    ),
    path("approvals/", approvals.show_approvals, name="approvals"),
    path("approvals/<uuid:approval_id>/", approvals.show_approval, name="approval"),
    path("approvals/<uuid:approval_id>/approval/", approvals.approve, name="approval_approve"),
    path("approvals/<uuid:approval_id>/rejection/", approvals.reject, name="approval_reject"),
    path("approvals/<uuid:approval_id>/withdrawal/", approvals.withdraw, name="approval_withdraw"),
    path("notifications/", notifications.show_notifications, name="notifications"),
    path("notifications/read/", notifications.read_notifications, name="notifications_read"),
    path(
        "notifications/<uuid:notification_id>/",
        notifications.open_notification,
        name="notification",
    ),
    path("jobs/", jobs.show_jobs, name="jobs"),
    path("jobs/<uuid:run_id>/", jobs.show_job, name="job"),
    path("jobs/<uuid:run_id>/cancel/", jobs.cancel_job, name="job_cancel"),
    path("settings/", settings.show_settings, name="settings"),
    path("settings/team/", team.show_team, name="team"),
    path("settings/team/invite/", team.invite, name="team_invite"),
    path("settings/team/<uuid:operator>/", team.show_member, name="member"),
    path("settings/team/<uuid:operator>/roles/<slug:role>/", team.change_role, name="member_role"),
    path(
        "settings/team/<uuid:operator>/roles/<slug:role>/approval/",
        team.ask_for_role,
        name="member_role_approval",
    ),
    path(
        "settings/team/<uuid:operator>/second-step/",
        team.take_second_step_off,
        name="member_second_step",
    ),
    path("settings/team/<uuid:operator>/link/", team.renew_link, name="member_link"),
    path("settings/team/<uuid:operator>/access/", team.end_access, name="member_access"),
    path("settings/api-keys/", api_keys.show_api_keys, name="api_keys"),
    path("settings/api-keys/new/", api_keys.new_api_key, name="api_key_new"),
    path("settings/api-keys/<uuid:key>/", api_keys.show_api_key, name="api_key"),
    path(
        "settings/api-keys/<uuid:key>/rotation/", api_keys.rotate_api_key, name="api_key_rotation"
    ),
    path(
        "settings/api-keys/<uuid:key>/revocation/",
        api_keys.revoke_api_key,
        name="api_key_revocation",
    ),
]
