"""
Celery: it wakes workers; PostgreSQL rows are the truth. Losing the broker loses no message.

Settings follow measured faults (delivery reference, parts 3.1 and 3.2).
"""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_process_init

from cdp.kernel import logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdp.settings.embedded")

ROOMS_WITH_TASKS = [
    "cdp.accounts",
    "audit",
    "cdp.api",
    "cdp.portal",
    "cdp.approvals",
    "consent",
    "profiles.exports",
    "profiles.traits",
    "profiles.segments",
    "profiles.scoring",
    "campaigns.delivery",
    "campaigns.messages",
    "campaigns.planning",
]

app = Celery("candor")
app.config_from_object("cdp.celery_settings")
app.autodiscover_tasks(ROOMS_WITH_TASKS)


@setup_logging.connect
def _log_our_way(**_: Any) -> None:
    """Celery's own hook: keep it from installing handlers that print task arguments."""
    logging.set_up()


@worker_process_init.connect
def _refuse_to_run_unsafe(**_: Any) -> None:
    """Celery's own hook: each pool process checks role and erasures before its first task."""
    from consent import boot, erasures  # noqa: PLC0415  (Django is not ready when this loads)

    boot.check_role()
    erasures.check()
