"""Profiles: made with a person's first event, touched by each later one, folded in a merge."""

from datetime import timedelta
from typing import Any

from cdp.kernel import clock, database
from cdp.kernel.roles import Role
from profiles.models import Profile
from tests.people import Shop

NOW = clock.now().replace(microsecond=0)


def seen(cookie: str, *, days_ago: int, **more: Any) -> dict[str, Any]:
    at = (NOW - timedelta(days=days_ago)).isoformat()
    return {"type": "page", "anonymousId": cookie, "timestamp": at, **more}


def profiles() -> list[tuple[int, int, int]]:
    """Return for each profile: first and last seen in days ago, and how many events."""
    with database.as_role(Role.INGEST):
        return sorted(
            ((NOW - each.first_seen_at).days, (NOW - each.last_seen_at).days, each.events)
            for each in Profile.objects.all()
        )


def test_a_profile_spans_its_events_in_whatever_order_they_come(shop: Shop) -> None:
    shop.send(seen("c1", days_ago=5))
    shop.send(seen("c1", days_ago=9), seen("c1", days_ago=2))
    shop.send(seen("c1", days_ago=7))

    assert profiles() == [(9, 2, 4)]


def test_a_merge_leaves_one_profile_that_spans_both(shop: Shop) -> None:
    address = {"traits": {"email": "ann.canary.7f3a@example.com"}}
    shop.send(seen("c1", days_ago=5))
    shop.send(seen("c2", days_ago=9, context=address), seen("c2", days_ago=1))
    assert profiles() == [(5, 5, 1), (9, 1, 2)]

    shop.send(seen("c1", days_ago=4, context=address))

    assert profiles() == [(9, 1, 4)]


def test_two_people_born_and_merged_in_one_batch_are_one_profile(shop: Shop) -> None:
    address = {"traits": {"email": "ann.canary.7f3a@example.com"}}

    shop.send(
        seen("c1", days_ago=5), seen("c2", days_ago=9, context=address),
        seen("c1", days_ago=4, context=address), seen("c2", days_ago=1),
    )  # fmt: skip

    assert profiles() == [(9, 1, 4)]


def test_the_language_is_the_last_one_said(shop: Shop) -> None:
    for language in ("en", "zh-hans"):
        shop.send({"type": "identify", "anonymousId": "c1", "traits": {"language": language}})

    with database.as_role(Role.INGEST):
        assert Profile.objects.get().language == "zh-hans"
