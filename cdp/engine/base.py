"""What every engine offers: run one Ibis expression over history, or show its SQL."""

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ibis.expr.types import Table


class Engine(Protocol):
    """
    Runs expressions over the tables of `cdp.engine.tables`.

    Equal rows from every engine: money is whole minor units, every tie is broken by the
    expression. Results hold no permission of their own; an engine that reads outside the
    database's windows joins them back to the people visible in one.
    """

    def sql(self, expression: "Table") -> str:
        """Return the expression as one SELECT in this engine's dialect."""
        ...

    def rows(self, expression: "Table") -> list[tuple[Any, ...]]:
        """Return the rows of the expression, in no order but its own."""
        ...
