"""PostgreSQL as an engine: compile an Ibis expression and run it in the open window."""

from decimal import Decimal
from typing import Any

import ibis
from ibis.expr.types import Table

from cdp.kernel import database


class PostgresEngine:
    """Answers from the system of record, through the role and the window at hand."""

    def sql(self, expression: Table) -> str:
        """Return the expression as one SELECT; values are in it as escaped literals."""
        return str(ibis.to_sql(expression, dialect="postgres"))

    def rows(self, expression: Table) -> list[tuple[Any, ...]]:
        """
        Return the rows of the expression.

        :raises PurposeRequired: it names people's tables and no window is open
        """
        with database.cursor() as sql:
            sql.execute(self.sql(expression))  # no parameters, so a % stays a %
            return [tuple(map(_plain, row)) for row in sql.fetchall()]


def _plain(value: Any) -> Any:
    """Return whole numbers as such: PostgreSQL alone adds bigint up to numeric."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
