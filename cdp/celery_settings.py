"""Celery's settings; names are Celery's."""

from django.conf import settings

from cdp.kernel import valkey
from cdp.schedule import SCHEDULE


def _transport(url: str) -> str:
    """Return the address in the broker library's spelling; it names sockets its own way."""
    if url.startswith("unix:"):
        path, _, query = url.removeprefix("unix://").partition("?")
        database = dict(pair.split("=") for pair in query.split("&"))["db"]
        return f"redis+socket://{path}?virtual_host={database}"
    return url


broker_url = _transport(valkey.address(valkey.BROKER))
task_ignore_result = True
task_serializer = "json"
accept_content = ["json"]
task_acks_late = True
task_reject_on_worker_lost = True
worker_prefetch_multiplier = 1
task_default_queue = "work"
task_time_limit = 3600
task_soft_time_limit = 3500
broker_transport_options = {
    "visibility_timeout": 3700,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 15,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 10,
}
task_publish_retry_policy = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.2,
}
broker_connection_retry_on_startup = True
broker_connection_max_retries = None
worker_soft_shutdown_timeout = 10
worker_enable_soft_shutdown_on_idle = True
worker_hijack_root_logger = False
timezone = settings.TIME_ZONE
beat_schedule = {
    name: {
        "task": job.task,
        "schedule": job.every,
        "options": {"expires": job.every.total_seconds()},
    }
    for name, job in SCHEDULE.items()
}
