"""
From the ledger to the rows: fold people anew and put the result in force, in sets.

Called in the transaction of whatever changed: a statement, a fact, a merge, an expiry.
"""

import json
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from cdp.kernel import database, workspaces
from cdp.kernel.protected import Category
from consent import origins, purposes
from consent.bits import Facts, Fold, Statement, effective_bits, together
from consent.models import ConsentRecord, SubjectFacts


def fold(people: Collection[UUID], *, as_of: datetime) -> dict[UUID, Fold]:
    """
    Compute what each person permits now and stamp it on every row of theirs.

    Who was merged into somebody is folded as that person. Locks each person's facts, so folds of
    one person never cross. Returns the folds by person.
    """
    asked = sorted(origins.current(people))
    if not asked:
        return {}
    parts = origins.of_people(asked)
    subjects = [origin for origins_ in parts.values() for origin in origins_]
    facts = _lock_facts(subjects)
    said = _statements(parts, facts)
    rules = purposes.rules()
    folds = {
        person: effective_bits(
            together(facts[origin] for origin in parts[person] if origin in facts),
            said[person],
            rules,
            as_of=as_of,
        )
        for person in asked
    }
    _apply(folds, parts)
    _remember(folds, parts, as_of)
    return folds


def _lock_facts(subjects: Collection[UUID]) -> dict[UUID, Facts]:
    rows = SubjectFacts.objects.filter(subject_id__in=subjects).order_by("subject_id")
    return {
        row.subject_id: Facts(
            age=row.age,
            gpc=row.gpc,
            gpc_at=row.gpc_at,
            restricted=row.restricted_at is not None,
            erased=row.erased_at is not None,
            refused_categories=frozenset(Category(c) for c in row.refused_categories),
            closed_channels=frozenset(row.closed_channels),
        )
        for row in rows.select_for_update()
    }


def _statements(
    parts: dict[UUID, list[UUID]], facts: dict[UUID, Facts]
) -> dict[UUID, list[Statement]]:
    """Return what was said in the name of each person, by any subject that is them now."""
    person_of = {origin: person for person, origins_ in parts.items() for origin in origins_}
    several = [person for person, origins_ in parts.items() if len(origins_) > 1]
    merged = origins.merged_at(several) if several else {}
    said: dict[UUID, list[Statement]] = defaultdict(list)
    rows = ConsentRecord.objects.filter(subject_id__in=list(person_of), category=None)
    for subject, purpose, state, at, until, number, method, assurance in rows.values_list(
        "subject_id",
        "purpose_id",
        "state",
        "said_at",
        "expires_at",
        "notice_version__number",
        "method",
        "assurance",
    ):
        person = person_of[subject]
        since = merged.get(person)
        decides = since is not None and subject == person and at > since
        said[person].append(
            Statement(
                purpose=purpose,
                state=state,
                said_at=at,
                expires_at=until,
                notice_number=number or 0,
                method=method,
                subject=str(subject),
                anonymous=assurance == "anonymous" and since is not None and not decides,
                decides=decides,
            )
        )
    return said


def _apply(folds: dict[UUID, Fold], parts: dict[UUID, list[UUID]]) -> None:
    """Write the bits to permissions and rows of every origin: one call for all people."""
    subjects: list[UUID] = []
    categories: list[int] = []
    bits: list[int] = []
    for person, fold_ in folds.items():
        for origin in parts[person]:
            for category, value in fold_.bits.items():
                subjects.append(origin)
                categories.append(int(category))
                bits.append(value)
    with database.cursor() as sql:
        sql.execute(
            "SELECT consent_apply(%s, %s::uuid[], %s::smallint[], %s::bigint[])",
            [workspaces.current().id, subjects, categories, bits],
        )


def _remember(folds: dict[UUID, Fold], parts: dict[UUID, list[UUID]], as_of: datetime) -> None:
    """Note the outcome in the people's files; a file merged into another waits for nothing."""
    rows = [
        (origin, json.dumps(fold_.reasons), fold_.next_change_at if origin == person else None)
        for person, fold_ in folds.items()
        for origin in parts[person]
    ]
    with database.cursor() as sql:
        sql.execute(
            """UPDATE consent_subject f
               SET reasons = n.reasons, next_change_at = n.due, folded_at = %s, epoch = f.epoch + 1
               FROM unnest(%s::uuid[], %s::jsonb[], %s::timestamptz[]) AS n(origin, reasons, due)
               WHERE f.subject_id = n.origin""",
            [as_of, *(list(column) for column in zip(*rows, strict=True))],
        )
