"""Tracking paths, each with and without a slash: a redirect would lose the body."""

from django.urls import URLPattern, path

from cdp.api.tracking import settings_document, views

app_name = "tracking"
urlpatterns: list[URLPattern] = []
for slash in ("", "/"):
    urlpatterns += [
        path(f"batch{slash}", views.batch),
        path(f"b{slash}", views.batch),
        path(f"import{slash}", views.batch),
        path(f"m{slash}", views.metrics),
        path(f"projects/<str:write_key>/settings{slash}", settings_document.show),
        path(f"<slug:kind>{slash}", views.single),
    ]
