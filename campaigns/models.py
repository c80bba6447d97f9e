"""The tables of every room, for Django."""

from campaigns.delivery.models import Delivery
from campaigns.messages.models import Template
from campaigns.planning.models import Campaign

__all__ = ["Campaign", "Delivery", "Template"]
