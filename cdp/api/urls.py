"""The management API's addresses: version 1, its description, and the page to read it."""

from django.urls import include, path

from cdp.api import docs
from cdp.api.schema import SchemaView

app_name = "api"
urlpatterns = [
    path("v1/", include("cdp.api.v1.urls")),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", docs.show, name="docs"),
]
