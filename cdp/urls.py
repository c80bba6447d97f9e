"""Every address of the platform, by door."""

from django.conf import settings
from django.urls import include, path

from cdp import doors, health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("csp-report", doors.csp_report),
]
