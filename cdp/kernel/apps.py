"""Django's record of the foundation."""

from django.apps import AppConfig


class Kernel(AppConfig):
    """Workspaces, subject keys, origins, job runs."""

    name = "cdp.kernel"
    label = "kernel"
