"""Every area, in the order of the run: the last ones leave the town bigger than they found it."""

from collections.abc import Callable, Mapping

from cdp.benchmarks import (
    audit,
    delivery,
    drain,
    intake,
    record,
    segment,
    vault,
    window,
    withdraw,
)
from cdp.benchmarks.report import Comparison
from cdp.benchmarks.town import Town

AREAS: Mapping[str, Callable[[Town], list[Comparison]]] = {
    "window": window.measure,
    "segment": segment.measure,
    "withdraw": withdraw.measure,
    "vault": vault.measure,
    "delivery": delivery.measure,
    "intake": intake.measure,
    "audit": audit.measure,
    "drain": drain.measure,
    "record": record.measure,
}
