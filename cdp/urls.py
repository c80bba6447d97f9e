"""Every address of the platform, by door."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from cdp import doors, health, mailbox_page, security_page
from cdp.account import preferences
from cdp.account.urls import named_by_allauth
from cdp.portal import links

urlpatterns: list[URLPattern | URLResolver] = [
    path("", doors.home),
    path(".well-known/security.txt", security_page.show),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("csp-report", doors.csp_report),
    path("log/", include("cdp.log_files")),
    path("account/", include("cdp.account.urls")),
    path("account/", include(named_by_allauth)),
    path("account/language/", preferences.choose_language, name="language"),
    path("account/theme/", preferences.choose_theme, name="theme"),
    path("console/", include("cdp.console.urls")),
    path("my/", include("cdp.portal.urls")),
    path("u/<str:token>", links.unsubscribe, name="unsubscribe"),
    path("r/<str:token>", links.follow, name="follow"),
    path("v1/", include("cdp.api.tracking.urls")),
    path("api/", include("cdp.api.urls")),
]
if settings.DEMO:
    urlpatterns += [
        path("demo/mailbox/", mailbox_page.index, name="mailbox"),
        path("demo/mailbox/<slug:name>/", mailbox_page.show, name="mailbox_message"),
    ]
handler500 = "cdp.doors.server_error"
