"""
Resolving: from a batch's identifiers to people, in sets.

The graph is read once, every event of the batch is placed in memory in arrival order, and what is
new is written in four statements. One resolver at a time per workspace (an advisory lock), so two
drains cannot make two people of one. Source: interop reference, part 3.3.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cdp.kernel import database, workspaces
from cdp.kernel.identifiers import uuid7
from profiles.events.clean import CleanEvent, Identifier
from profiles.vault import index

# One account is one person: an event that would give a person a second one loses its weaker ids.
SINGLE = frozenset({"user_id"})

Node = tuple[str, bytes]


@dataclass(slots=True)
class Resolved:
    """Where each event of a batch belongs, and what the graph gained."""

    subjects: dict[UUID, UUID] = field(default_factory=dict)  # event → subject
    born: dict[UUID, datetime] = field(default_factory=dict)  # new person → first seen
    merges: list[tuple[UUID, UUID, Identifier, CleanEvent]] = field(default_factory=list)
    attached: dict[Node, tuple[UUID, CleanEvent]] = field(default_factory=dict)
    demoted: int = 0
    strangers: list[CleanEvent] = field(default_factory=list)  # name a subject that is not there

    def current(self, subject: UUID) -> UUID:
        """Return who a subject stands for after this batch's merges."""
        joined = {gone: kept for kept, gone, _, _ in self.merges}
        while subject in joined:
            subject = joined[subject]
        return subject


class _Graph:
    """The part of the identity graph that a batch touches, in memory."""

    def __init__(self, owner: dict[Node, UUID], accounts: dict[UUID, set[bytes]]) -> None:
        self.owner = owner
        self.accounts = accounts
        self.new: dict[Node, tuple[UUID, CleanEvent]] = {}
        self._stands_for: dict[UUID, UUID] = {}

    def person(self, subject: UUID) -> UUID:
        while subject in self._stands_for:
            subject = self._stands_for[subject]
        return subject

    def of(self, node: Node) -> UUID | None:
        found = self.owner.get(node)
        return None if found is None else self.person(found)

    def join(self, kept: UUID, gone: UUID) -> None:
        self._stands_for[gone] = kept
        self.accounts[kept] |= self.accounts.pop(gone, set())

    def attach(self, node: Node, person: UUID, event: CleanEvent) -> None:
        if node not in self.owner:
            self.owner[node] = person
            self.new[node] = (person, event)
        if node[0] in SINGLE:
            self.accounts[person].add(node[1])


def alone() -> None:
    """Wait until nobody else resolves or erases people of this workspace; until the commit."""
    with database.cursor() as sql:
        sql.execute("SELECT pg_advisory_xact_lock(hashtext('identity'), hashtext(%s))",
                    [workspaces.current().key])  # fmt: skip


def resolve(events: Sequence[CleanEvent]) -> Resolved:
    """Return the person of each event and what the graph learns; `write` keeps it."""
    alone()
    nodes = {
        event.id: [(each.kind, index.digest(each.kind, each.value)) for each in event.identifiers]
        for event in events
    }
    graph = _read_graph({node for found in nodes.values() for node in found})
    resolved = Resolved()
    named = _current_people({event.subject for event in events if event.subject})
    for event in events:
        if event.subject is None:
            _place(event, nodes[event.id], graph, resolved)
        elif event.subject in named:
            resolved.subjects[event.id] = graph.person(named[event.subject])
        else:
            resolved.strangers.append(event)
    # an event placed before a later merge of the same batch keeps the subject it arrived under
    resolved.attached = graph.new
    return resolved


def _current_people(subjects: set[UUID]) -> dict[UUID, UUID]:
    """Return who each of these subjects stands for now; who is gone is absent."""
    if not subjects:
        return {}
    with database.cursor() as sql:
        sql.execute(
            "SELECT origin, subject_id FROM kernel_origin WHERE origin = ANY(%s)", [list(subjects)]
        )
        return dict(sql.fetchall())


def _read_graph(nodes: Iterable[Node]) -> _Graph:
    asked = list(nodes)
    with database.cursor() as sql:
        sql.execute(
            """SELECT i.kind, i.blind, o.subject_id
               FROM unnest(%s::text[], %s::bytea[]) AS n(kind, blind)
               JOIN profiles_identifier i ON i.kind = n.kind AND i.blind = n.blind
                AND i.workspace_id = %s
               JOIN kernel_origin o ON o.origin = i.subject_id""",
            [[kind for kind, _ in asked], [blind for _, blind in asked], workspaces.current().id],
        )
        owner = {(kind, bytes(blind)): person for kind, blind, person in sql.fetchall()}
        sql.execute(
            """SELECT o.subject_id, i.blind FROM profiles_identifier i
               JOIN kernel_origin o ON o.origin = i.subject_id
               WHERE i.kind = ANY(%s) AND o.subject_id = ANY(%s)""",
            [list(SINGLE), list(set(owner.values()))],
        )
        accounts: dict[UUID, set[bytes]] = defaultdict(set)
        for person, blind in sql.fetchall():
            accounts[person].add(bytes(blind))
    return _Graph(owner, accounts)


def _place(event: CleanEvent, nodes: list[Node], graph: _Graph, resolved: Resolved) -> None:
    usable = list(zip(event.identifiers, nodes, strict=True))
    while True:
        owners = {person for _, node in usable if (person := graph.of(node)) is not None}
        accounts = {node[1] for _, node in usable if node[0] in SINGLE}
        for owner in owners:
            accounts |= graph.accounts.get(owner, set())
        if len(accounts) <= 1 or len(usable) == 1:
            break
        usable.pop()  # the weakest; an account is never given away
        resolved.demoted += 1
    if len(usable) < len(nodes):
        event.flags.append("identifier_demoted")
    person = min(owners, default=None)  # ids sort by age: the oldest stays
    if person is None:
        person = uuid7()
        resolved.born[person] = event.happened_at
        graph.accounts[person] = set()
    for other in sorted(owners - {person}):
        why = next(each for each, node in usable if graph.of(node) == other)
        graph.join(person, other)
        resolved.merges.append((person, other, why, event))
    for _, node in usable:
        graph.attach(node, person, event)
    resolved.subjects[event.id] = person


def write(resolved: Resolved) -> None:
    """
    Keep what the graph learned: origins, identifiers, merges.

    New people must have their consent file first, or their rows would be stamped closed.
    """
    workspace = workspaces.current()
    with database.cursor() as sql:
        if resolved.born:
            sql.execute(
                """INSERT INTO kernel_origin (origin, subject_id, workspace_id)
                   SELECT p, p, %s FROM unnest(%s::uuid[]) p""",
                [workspace.id, list(resolved.born)],
            )
        if resolved.attached:
            rows = [
                (uuid7(), kind, blind, person, event.source, event.happened_at)
                for (kind, blind), (person, event) in resolved.attached.items()
            ]
            columns = [list(column) for column in zip(*rows, strict=True)]
            sql.execute(
                """INSERT INTO profiles_identifier
                     (id, workspace_id, kind, blind, subject_id, source_id, first_seen_at,
                      last_seen_at)
                   SELECT n.id, %s, n.kind, n.blind, n.subject, n.source, n.at, n.at
                   FROM unnest(%s::uuid[], %s::text[], %s::bytea[], %s::uuid[], %s::uuid[],
                               %s::timestamptz[]) AS n(id, kind, blind, subject, source, at)""",
                [workspace.id, *columns],
            )
        for kept, gone, why, event in resolved.merges:
            sql.execute(
                "UPDATE kernel_origin SET subject_id = %s WHERE subject_id = %s", [kept, gone]
            )
            sql.execute(
                """INSERT INTO profiles_merge
                     (id, workspace_id, subject_id, merged_id, reason, event_key, source_id,
                      merged_at)
                   VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
                [uuid7(), workspace.id, kept, gone, f"same_{why.kind}", event.key, event.source,
                 event.received_at],
            )  # fmt: skip
