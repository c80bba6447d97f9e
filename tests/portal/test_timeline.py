"""Two ledgers, one timeline: every row once, newest first, whatever the page size."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from audit.actors import Actor
from audit.queries import Line
from cdp.portal.timeline import Cursor, merge
from consent.queries import Use

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_use(minute: int) -> Use:
    return Use(
        id=UUID(int=minute),
        at=NOON - timedelta(minutes=minute),
        purpose="service",
        actor="job:send/1",
        act="read",
        scope="open",
        people=None,
        outcome="done",
        ref="",
    )


def make_entry(minute: int, *, index: int) -> Line:
    return Line(
        index=index,
        at=NOON - timedelta(minutes=minute, seconds=30),
        actor=Actor.system("test"),
        act="vault.open",
        purpose="",
        obj="",
        req="",
        role="",
        ref="",
        detail="",
        has_sealed_detail=False,
    )


minutes = st.lists(st.integers(0, 60), unique=True, max_size=20).map(sorted)


@given(uses=minutes, entries=minutes, limit=st.integers(1, 7))
def test_paging_shows_every_row_once_and_newest_first(
    uses: list[int], entries: list[int], limit: int
) -> None:
    every_use = [make_use(minute) for minute in uses]
    every_entry = [
        make_entry(minute, index=len(entries) - place) for place, minute in enumerate(entries)
    ]

    seen = []
    cursor: Cursor | None = Cursor()
    while cursor is not None:
        cursor = Cursor.parse(str(cursor))  # as it travels in the address
        page = merge(
            [u for u in every_use if not cursor.before_use or u.at < cursor.before_use][
                : limit + 1
            ],
            [
                e
                for e in every_entry
                if cursor.before_entry is None or e.index < cursor.before_entry
            ][: limit + 1],
            since=cursor,
            limit=limit,
        )
        seen += page.rows
        cursor = page.older

    moments = [row.at for row in seen]
    assert moments == sorted(moments, reverse=True)
    assert sorted(moments) == sorted([u.at for u in every_use] + [e.at for e in every_entry])


@given(text=st.text(max_size=40))
def test_a_forged_cursor_begins_at_the_newest_or_names_a_place(text: str) -> None:
    cursor = Cursor.parse(text)

    assert cursor.before_use is None or cursor.before_use.tzinfo is not None
    assert cursor.before_entry is None or 0 <= cursor.before_entry < 2**63
