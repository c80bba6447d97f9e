"""Links and codes that let a customer in: once, in one browser, for ten minutes."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from cdp.accounts import links
from cdp.accounts.models import SignInLink
from cdp.kernel import clock, database
from cdp.kernel.identifiers import uuid7
from cdp.kernel.models import Workspace

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HERE, ELSEWHERE = b"h" * 32, b"e" * 32
ADDRESS, OTHER_ADDRESS = b"a" * 16, b"o" * 16


def make_way(
    *, subject: UUID | None = None, browser: bytes = HERE, blind: bytes = ADDRESS
) -> links.Way:
    """Make a link as the worker does."""
    with database.door("work"):
        return links.make(subject_id=subject or uuid7(), blind=blind, browser=browser)


def test_a_link_lets_its_customer_in_once(workspace: Workspace) -> None:
    """Case 50."""
    mei = uuid7()
    way = make_way(subject=mei)

    with database.door("portal"):
        assert links.use_token(way.token, browser=HERE) == mei

        with pytest.raises(links.LinkUsed):
            links.use_token(way.token, browser=HERE)


def test_another_browser_is_refused_and_leaves_the_link_unused(workspace: Workspace) -> None:
    """Case 50."""
    mei = uuid7()
    way = make_way(subject=mei)

    with database.door("portal"):
        with pytest.raises(links.OtherBrowser):
            links.use_token(way.token, browser=ELSEWHERE)

        assert links.use_token(way.token, browser=HERE) == mei


def test_a_link_ends_after_ten_minutes(workspace: Workspace) -> None:
    """Case 50."""
    with clock.stopped(NOON):
        late, in_time = make_way(), make_way(blind=OTHER_ADDRESS)

    with database.door("portal"):
        with clock.stopped(NOON + timedelta(minutes=9, seconds=59)):
            links.use_token(in_time.token, browser=HERE)
        with clock.stopped(NOON + timedelta(minutes=10)), pytest.raises(links.LinkExpired):
            links.use_token(late.token, browser=HERE)


def test_a_used_link_ends_every_other_link_of_its_address(workspace: Workspace) -> None:
    former, newer = make_way(), make_way()
    somebody_elses = make_way(blind=OTHER_ADDRESS)

    with database.door("portal"):
        links.use_token(newer.token, browser=HERE)

        with pytest.raises(links.LinkUsed):
            links.use_token(former.token, browser=HERE)
        links.use_token(somebody_elses.token, browser=HERE)


def test_a_code_lets_in_however_it_is_typed(workspace: Workspace) -> None:
    mei = uuid7()
    way = make_way(subject=mei)
    typed = f" {way.code[:4].lower()}-{way.code[4:].lower()} "

    with database.door("portal"):
        assert links.use_code(typed, browser=HERE) == mei


def test_the_code_of_another_browser_opens_nothing(workspace: Workspace) -> None:
    way = make_way()

    with database.door("portal"), pytest.raises(links.LinkUnknown):
        links.use_code(way.code, browser=ELSEWHERE)


def test_five_wrong_codes_end_the_link(workspace: Workspace) -> None:
    """Case 51: the code dies with its link; a new one can be asked for."""
    way = make_way()
    wrong = "2" * 8 if way.code != "2" * 8 else "3" * 8

    with database.door("portal"):
        for _ in range(4):
            with pytest.raises(links.CodeWrong):
                links.use_code(wrong, browser=HERE)
        with pytest.raises(links.CodeLocked):
            links.use_code(wrong, browser=HERE)

        with pytest.raises(links.LinkUnknown):
            links.use_code(way.code, browser=HERE)
        with pytest.raises(links.CodeLocked):
            links.use_token(way.token, browser=HERE)


def test_neither_token_nor_code_is_stored(workspace: Workspace) -> None:
    way = make_way()

    with database.door("portal"):
        row = SignInLink.objects.values().get()

    stored = b"".join(bytes(row[name]) for name in ("token", "code", "browser", "blind"))
    assert way.token.encode() not in stored
    assert way.code.encode() not in stored


def test_links_of_another_workspace_do_not_exist(workspace: Workspace) -> None:
    way = make_way()

    with (
        database.door("portal"),
        database.in_workspace(uuid7()),
        pytest.raises(links.LinkUnknown),
    ):
        links.use_token(way.token, browser=HERE)


def test_what_ended_a_day_ago_is_forgotten(workspace: Workspace) -> None:
    with clock.stopped(NOON - timedelta(days=1, minutes=11)):
        make_way()
    with clock.stopped(NOON):
        make_way(blind=OTHER_ADDRESS)

        with database.door("work"):
            gone = links.forget_old()

    with database.door("portal"):
        assert (gone, SignInLink.objects.count()) == (1, 1)
