"""
Waking a worker once the transaction at hand has committed.

PostgreSQL holds what is to be done; a broker that is down costs time, never work, so it must not
fail the request that found it down. Source: delivery reference, part 3.3.
"""

from functools import partial
from typing import Any

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from cdp.kernel import database, workspaces
from cdp.kernel.logging import logger


def wake(task: "Task[Any, Any]", **ids: str) -> None:
    """Enqueue `task` with these ids and the current workspace's, after commit."""
    _after_commit(task, {**ids, "workspace_id": str(workspaces.current().id)})


def wake_for_all(task: "Task[Any, Any]") -> None:
    """Enqueue a `task` that looks after every workspace by itself, after commit."""
    _after_commit(task, {})


def _after_commit(task: "Task[Any, Any]", ids: dict[str, str]) -> None:
    transaction.on_commit(partial(_enqueue, task, ids), using=database.alias())


def _enqueue(task: "Task[Any, Any]", ids: dict[str, str]) -> bool:
    """Return whether the broker took the task."""
    try:
        task.apply_async(kwargs=ids)
    except (OperationalError, RedisError, OSError) as failure:
        logger().warning("wake.lost", kind=task.name, error=type(failure).__name__)
        return False
    return True
