"""
Writing to the record: an inbox row in the transaction of the act.

If the act rolls back, so does its entry; if the entry cannot be written, the act fails. When,
through which login and in which workspace are filled in by the database, not by the writer.
"""

import json
from collections.abc import Collection, Mapping
from uuid import UUID

from audit.actors import Actor
from audit.models import LIMIT_CHARACTERS
from cdp.kernel import database
from cdp.kernel.errors import CdpError

Detail = Mapping[str, str | int]


class EntryTooLong(CdpError):
    """An entry says more than the log takes."""

    code = "entry_too_long"


def record(
    actor: Actor | str,
    act: str,
    *,
    subject: UUID | None = None,
    obj: str = "",
    detail: Detail | None = None,
    purpose: str = "",
) -> None:
    """
    Put an act on the record: `act` is `noun.verb`, `obj` what it was done to, never a value.

    `detail` holds field names, counts and ids; it is sealed under the subject's data key.
    `purpose` is the open window's unless given.

    :raises EntryTooLong: more than 8,000 characters in all
    """
    texts = _columns(actor, act, obj=obj, detail=detail, purpose=purpose)
    values: dict[str, str | UUID | None] = {**texts, "subject": subject}
    with database.cursor() as sql:
        sql.execute(
            f"INSERT INTO audit_inbox ({', '.join(values)}) "
            f"VALUES ({', '.join(['%s'] * len(values))})",
            list(values.values()),
        )


def record_many(
    actor: Actor | str,
    act: str,
    *,
    subjects: Collection[UUID],
    obj: str = "",
    detail: Detail | None = None,
    purpose: str = "",
) -> None:
    """
    Put one act on many people on the record, an entry each, by COPY; about 2 µs a person.

    :raises EntryTooLong: more than 8,000 characters in one entry
    """
    values = _columns(actor, act, obj=obj, detail=detail, purpose=purpose)
    columns = ", ".join([*values, "subject"])
    same = list(values.values())
    with (
        database.cursor() as sql,
        sql.copy(f"COPY audit_inbox ({columns}) FROM STDIN") as copy,
    ):
        for subject in subjects:
            copy.write_row([*same, subject])


def _columns(
    actor: Actor | str, act: str, *, obj: str, detail: Detail | None, purpose: str
) -> dict[str, str]:
    """Return the columns to write; an absent purpose is left to the database's default."""
    texts = {"actor": str(actor), "act": act, "obj": obj, "detail": render(detail)}
    if purpose:
        texts["purpose"] = purpose
    if sum(map(len, texts.values())) > LIMIT_CHARACTERS:
        raise EntryTooLong("An entry holds names, counts and ids only. Shorten its detail.")
    return texts


def render(detail: Detail | None) -> str:
    """Return `detail` as canonical JSON, '' for none."""
    if not detail:
        return ""
    return json.dumps(dict(detail), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
