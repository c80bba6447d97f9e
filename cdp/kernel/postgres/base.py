"""
The bell beside the wall.

Row-level security is the wall: outside a window it shows no person. But no rows look like an empty
table, so a statement that names a protected table outside a window raises here, before it is sent.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from django.apps import apps
from django.db.backends.postgresql import base

from cdp.kernel import database, windows
from cdp.kernel.roles import READERS_BY_PURPOSE


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL connection whose statements pass the bell."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(_ring)


@cache
def _protected_tables() -> re.Pattern[str]:
    # asked for by attribute: Django loads this module before any model can be imported
    protected = [model for model in apps.get_models() if hasattr(model, "protection")]
    names = "|".join(model._meta.db_table for model in protected)
    return re.compile(rf"\b({names})\b")


def _ring(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    if (
        windows.current() is None
        and apps.models_ready
        and database.role_of(context["connection"]) in READERS_BY_PURPOSE
        and (found := _protected_tables().search(str(sql)))
    ):
        raise windows.PurposeRequired(
            f"{found[1]} holds people's data: read it inside “with purpose(…)”.", table=found[1]
        )
    return execute(sql, params, many, context)
