"""
Searching the log: what the explorer asks, in one statement over the search columns.

Row-level security shows an operator the entries of their workspace and of the deployment. Only
comparisons that may run before its policies are used (`=`, `<`, `>=`), so that indexes serve them.
"""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from audit import queries
from audit.queries import Condition, Line

READING = "vault.open"  # its object names the fields: `fields:email,phone`, or `masked:email`
AROUND = timedelta(minutes=5)  # a request is over long before
_HIGHEST = "\U0010ffff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """
    What to look for; what is empty asks for nothing.

    Of `acts` each is whole, or a beginning that ends in a point (`vault.`). `actor` is whole or a
    kind (`op`), `ref` the beginning of a pseudonym in hex, `obj` a beginning, `field` one whose
    value was opened, `since` and `until` a half-open span.
    """

    acts: tuple[str, ...] = ()
    actor: str = ""
    ref: str = ""
    purpose: str = ""
    obj: str = ""
    field: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Say whether everything is asked for."""
        return not any(getattr(self, each.name) for each in fields(self))


def entries(search: Search, *, before: int | None = None, limit: int = 50) -> list[Line]:
    """Return the newest matching entries with an index below `before`."""
    return queries.read(_conditions(search), before=before, limit=limit)


def of_request(line: Line, *, limit: int = 200) -> list[Line]:
    """
    Return the entries of the request that an entry belongs to, newest first.

    They are looked for within five minutes of it: requests are shorter, and only the leaves hold
    their ids.
    """
    if not line.req:
        return [line]
    span = Search(since=line.at - AROUND, until=line.at + AROUND)
    holds = "SELECT 1 FROM audit_leaf l WHERE l.idx = e.idx AND position(%s::bytea IN l.leaf) > 0"
    needle = f'"req":"{line.req}"'.encode()
    conditions = [*_conditions(span), (f"EXISTS ({holds})", [needle])]
    found = queries.read(conditions, limit=limit)
    return [each for each in found if each.req == line.req]


def _conditions(search: Search) -> list[Condition]:
    found: list[Condition] = []
    if search.acts:
        found.append(any_act(search.acts))
    if search.actor:
        found.append(
            ('e.actor COLLATE "C" = %s', [search.actor])
            if ":" in search.actor
            else beginning("e.actor", f"{search.actor}:")
        )
    if search.ref:
        found.append(_pseudonym(search.ref))
    if search.purpose:
        found.append(("e.purpose = %s", [search.purpose]))
    if search.obj:
        found.append(beginning("e.obj", search.obj))
    if search.field:
        opened = "string_to_array(split_part(e.obj, ':', 2), ',')"
        found.append((f'e.act COLLATE "C" = %s AND %s = ANY ({opened})', [READING, search.field]))
    if search.since:
        found.append(("e.at >= %s", [search.since]))
    if search.until:
        found.append(("e.at < %s", [search.until]))
    return found


def any_act(acts: Collection[str]) -> Condition:
    """Return the condition that an act is one of these, or begins with one that ends in a point."""
    parts = [
        beginning("e.act", act) if act.endswith(".") else ('e.act COLLATE "C" = %s', [act])
        for act in acts
    ]
    text = " OR ".join(f"({condition})" for condition, _ in parts)
    return f"({text})", [value for _, values in parts for value in values]


def beginning(column: str, text: str) -> Condition:
    """Return the condition that a column begins with a text, as a range."""
    column = f'{column} COLLATE "C"'
    return f"{column} >= %s AND {column} < %s", [text, text + _HIGHEST]


def _pseudonym(ref: str) -> Condition:
    """Return the condition that a pseudonym begins with these hex digits."""
    lowest, highest = ref.ljust(32, "0"), ref.ljust(32, "f")
    return "e.ref BETWEEN %s AND %s", [bytes.fromhex(lowest), bytes.fromhex(highest)]
