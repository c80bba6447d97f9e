"""Django's record of this package."""

from django.apps import AppConfig


class Accounts(AppConfig):
    """Operators, roles, API keys, customers' sign-ins."""

    name = "cdp.accounts"
    label = "accounts"
