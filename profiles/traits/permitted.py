"""Write results about people, leaving out those who do not permit that kind of result."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import ProgrammingError
from psycopg.errors import InsufficientPrivilege

from cdp.kernel import database


@dataclass(frozen=True, slots=True)
class Stored:
    """How many rows were written, and about how many people the database refused them."""

    rows: int
    refused: int


def store(subjects: Sequence[UUID], write: Callable[[Sequence[UUID]], int]) -> Stored:
    """
    Call `write` for `subjects`, in halves where the database refuses a row of somebody.

    A person may be visible for the purpose and yet refuse the category of the result, or close
    the purpose while the work goes on: the insert is then refused as a whole. Halving finds them,
    and everybody else is stored. Costs one call where nobody refuses.
    """
    if not subjects:
        return Stored(0, 0)
    try:
        with database.atomic():
            return Stored(write(subjects), 0)
    except ProgrammingError as refused:
        if not isinstance(refused.__cause__, InsufficientPrivilege):
            raise
    if len(subjects) == 1:
        return Stored(0, 1)
    middle = len(subjects) // 2
    parts = [store(part, write) for part in (subjects[:middle], subjects[middle:])]
    return Stored(sum(part.rows for part in parts), sum(part.refused for part in parts))
