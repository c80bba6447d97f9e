"""One row of expressions, asked of the database."""

from typing import Any

import ibis

from cdp.engine.postgres import PostgresEngine

_TYPES = ibis.table({"typname": "string"}, name="pg_type")


def one(**values: Any) -> tuple[Any, ...]:
    """Return the values of expressions that read no table of ours."""
    (row,) = PostgresEngine().rows(_TYPES.filter(_TYPES.typname == "bool").select(**values))
    return row
