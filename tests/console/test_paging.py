"""Cursors: opaque, signed, bound to their list."""

from django.core import signing

from cdp.console import paging


def numbers(page: paging.Page[int]) -> list[int]:
    return list(page.rows)


def cut(rows: list[int], *, is_first: bool = True) -> paging.Page[int]:
    return paging.page(rows, of="numbers", is_first=is_first, position=lambda n: [n], rows_shown=3)


def test_a_short_list_has_no_older_page() -> None:
    page = cut([5, 4, 3])

    assert numbers(page) == [5, 4, 3]
    assert page.older == ""


def test_the_extra_row_is_not_shown_but_says_that_there_are_more() -> None:
    page = cut([5, 4, 3, 2])

    assert numbers(page) == [5, 4, 3]
    assert paging.after(page.older, of="numbers") == [3]


def test_a_cursor_of_another_list_begins_anew() -> None:
    older = cut([5, 4, 3, 2]).older

    assert paging.after(older, of="letters") is None


def test_a_cursor_that_was_written_by_hand_begins_anew() -> None:
    assert paging.after("W10:1:forged", of="numbers") is None
    assert paging.after("", of="numbers") is None


def test_a_cursor_that_holds_no_list_begins_anew() -> None:
    odd = signing.dumps({"n": 1}, salt="console.paging.numbers")

    assert paging.after(odd, of="numbers") is None
