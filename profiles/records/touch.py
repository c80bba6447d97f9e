"""Keeping profiles: made with their first event, touched by each later one, in sets."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from cdp.kernel import database, workspaces


def touch(seen: Sequence[tuple[UUID, datetime]]) -> None:
    """
    Note that people were seen at these times; who has no profile gets one.

    `seen` has one (person, happened_at) per event.
    """
    if not seen:
        return
    with database.cursor() as sql:
        sql.execute(
            """INSERT INTO profiles_profile AS f
                 (subject_id, workspace_id, first_seen_at, last_seen_at, events, language)
               SELECT n.person, %s, min(n.at), max(n.at), count(*), ''
               FROM unnest(%s::uuid[], %s::timestamptz[]) AS n(person, at)
               GROUP BY n.person
               ON CONFLICT (subject_id) DO UPDATE
                 SET first_seen_at = least(f.first_seen_at, EXCLUDED.first_seen_at),
                     last_seen_at = greatest(f.last_seen_at, EXCLUDED.last_seen_at),
                     events = f.events + EXCLUDED.events""",
            [workspaces.current().id, [p for p, _ in seen], [at for _, at in seen]],
        )


def speak(languages: Mapping[UUID, str]) -> None:
    """Note which language people read, by person."""
    if not languages:
        return
    with database.cursor() as sql:
        sql.execute(
            """UPDATE profiles_profile f SET language = n.language
               FROM unnest(%s::uuid[], %s::text[]) AS n(person, language)
               WHERE f.subject_id = n.person AND f.language <> n.language""",
            [list(languages), list(languages.values())],
        )


def absorb(kept: UUID, gone: UUID) -> None:
    """Fold one profile's first and last moment into another and drop it; its events stay."""
    with database.cursor() as sql:
        sql.execute(
            """UPDATE profiles_profile k
               SET first_seen_at = least(k.first_seen_at, g.first_seen_at),
                   last_seen_at = greatest(k.last_seen_at, g.last_seen_at),
                   events = k.events + g.events
               FROM profiles_profile g WHERE k.subject_id = %s AND g.subject_id = %s""",
            [kept, gone],
        )
        sql.execute("DELETE FROM profiles_profile WHERE subject_id = %s", [gone])
