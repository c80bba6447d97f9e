"""
Opening what an entry keeps sealed: a reason, field names, counts, ids. An act of its own.

The log names a person by pseudonym, and no table leads back from it: the people of the workspace
are gone through until the pseudonym is met, some seconds for a million of them. Whose data key was
destroyed is not met any more, and the detail stays closed for good.
"""

import base64
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from audit import leaf, pseudonym
from audit.actors import Actor
from audit.inbox import record_many
from audit.leaf import Leaf, LeafRefused
from audit.models import Leaf as StoredLeaf
from cdp.kernel import crypto, database, subjects, workspaces
from cdp.kernel.logging import logger

CHUNK = 50_000


@dataclass(frozen=True, slots=True)
class Detail:
    """
    What an entry says beyond its columns; `told` is None where it does not open.

    `subject` is None once the person's key was destroyed: then it never opens again.
    """

    subject: UUID | None
    told: Mapping[str, str | int] | None

    @property
    def reason(self) -> str:
        """Return the reason that was stated for the act, '' for none."""
        return str((self.told or {}).get("reason", ""))


def open_details(indexes: Collection[int], *, actor: Actor) -> dict[int, Detail]:
    """
    Return the sealed details of entries of the current workspace, by index.

    Each person whose details are opened has an entry that says so. Entries without a sealed detail
    are absent.
    """
    with database.atomic():
        sealed = _sealed(indexes)
        people = people_of({entry.ref for entry in sealed.values()})
        keys = _data_keys(people.values())
        found = {
            index: _open(entry, people.get(entry.ref), keys) for index, entry in sealed.items()
        }
        met = sorted({detail.subject for detail in found.values() if detail.subject})
        if met:
            first, last = min(sealed), max(sealed)
            obj = f"entry:{first}" if first == last else f"entries:{first}-{last}"
            record_many(actor, "audit.open", subjects=met, obj=obj, detail={"entries": len(found)})
    return found


def people_of(refs: Collection[str], *, chunk: int = CHUNK) -> dict[str, UUID]:
    """
    Return who stands behind pseudonyms (hex) of the current workspace, as far as they exist.

    `chunk` people are held in memory at a time.
    """
    wanted, found = {bytes.fromhex(ref) for ref in refs}, dict[str, UUID]()
    workspace = workspaces.current()
    name = pseudonym.namer(workspace_key=workspace.key)
    after = UUID(int=0).bytes
    while len(found) < len(wanted):
        page = _subjects(workspace.id, after, chunk)
        for subject in page:
            ref = name(subject)
            if ref in wanted:
                found[ref.hex()] = UUID(bytes=subject)
        if len(page) < chunk:
            break
        after = page[-1]
    return found


def _subjects(workspace: UUID, after: bytes, limit: int) -> list[bytes]:
    with database.cursor() as sql:
        sql.execute(
            """SELECT uuid_send(subject_id) FROM kernel_subjectkey
               WHERE workspace_id = %s AND subject_id > %s ORDER BY subject_id LIMIT %s""",
            [workspace, UUID(bytes=after), limit],
        )
        return [bytes(subject) for (subject,) in sql.fetchall()]


def _sealed(indexes: Collection[int]) -> dict[int, Leaf]:
    rows = StoredLeaf.objects.filter(idx__in=list(indexes)).values_list("idx", "leaf")
    found = {}
    for index, raw in rows:
        try:
            entry = leaf.decode(bytes(raw))
        except LeafRefused:
            continue  # the check of the log names it
        if entry.sealed:
            found[index] = entry
    return found


def _data_keys(people: Collection[UUID]) -> Mapping[UUID, bytes]:
    """Return data keys; one that does not open leaves its own details closed alone."""
    keys = subjects.data_keys(people)
    for failure in keys.failed.values():
        logger().error("audit.detail_closed", code=failure.code)
    return keys


def _open(entry: Leaf, subject: UUID | None, keys: Mapping[UUID, bytes]) -> Detail:
    if subject is None or subject not in keys:
        return Detail(subject, None)
    aad = crypto.field_aad(workspaces.current().key, "audit_entry", "detail", subject)
    try:
        plain = crypto.unseal(keys[subject], base64.b64decode(entry.sealed), aad)
    except (crypto.NotAuthentic, ValueError):
        return Detail(subject, None)
    told = json.loads(plain)
    return Detail(subject, told if isinstance(told, dict) else None)
