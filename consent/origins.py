"""Which subjects stand for a person, as the ledger needs it: read as ids, no profile."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from cdp.kernel import database


def of_people(people: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Return each person's origins; a person who was never merged is their own only origin."""
    if not people:
        return {}
    found: dict[UUID, list[UUID]] = {person: [person] for person in people}
    with database.cursor() as sql:
        sql.execute(
            """SELECT subject_id, origin FROM kernel_origin
               WHERE subject_id = ANY(%s) AND origin <> subject_id ORDER BY origin""",
            [list(people)],
        )
        for person, origin in sql.fetchall():
            found[person].append(origin)
    return found


def current(subjects: Collection[UUID]) -> set[UUID]:
    """Return the people whom these subjects stand for now."""
    people = dict.fromkeys(subjects)
    if not people:
        return set()
    with database.cursor() as sql:
        sql.execute(
            "SELECT origin, subject_id FROM kernel_origin WHERE origin = ANY(%s)", [list(people)]
        )
        now = dict(sql.fetchall())
    return {now.get(subject, subject) for subject in people}


def merged_at(people: Collection[UUID]) -> dict[UUID, datetime]:
    """Return when each person last took another subject in; who never did is absent."""
    with database.cursor() as sql:
        sql.execute(
            """SELECT subject_id, max(merged_at) FROM profiles_merge
               WHERE subject_id = ANY(%s) GROUP BY subject_id""",
            [list(people)],
        )
        return dict(sql.fetchall())
