"""Links are found in the template's own text, and only they are counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.messages import links
from campaigns.messages.links import LinkRefused

COUNTED = {"https://shop.example/tea?a=1": "https://c/r/1"}


def written(target: str, counted: str) -> str:
    return f"[{target}|{counted}]"


def test_links_are_found_once_each_without_the_mark_that_ends_a_sentence() -> None:
    text = "See https://shop.example/tea, (https://shop.example/a) or https://shop.example/tea."

    assert links.find(text) == ["https://shop.example/tea", "https://shop.example/a"]


@pytest.mark.parametrize(
    "source",
    ["https://shop.example/?n={{ name }}", "https://{{ name }}.example/", "https://s.example/a{%x%}",
     "https://s.example/" + "a" * 2000],
)  # fmt: skip
def test_a_link_that_runs_into_a_variable_or_is_too_long_is_refused(source: str) -> None:
    with pytest.raises(LinkRefused):
        links.find(source)


def test_too_many_links_are_refused() -> None:
    with pytest.raises(LinkRefused):
        links.find(" ".join(f"https://s.example/{number}" for number in range(21)))


def test_a_counted_link_is_replaced_and_what_follows_it_stays() -> None:
    text = "Go to https://shop.example/tea?a=1."

    assert links.replace(text, COUNTED, link=written) == (
        "Go to [https://shop.example/tea?a=1|https://c/r/1]."
    )


def test_a_link_that_the_template_does_not_hold_stays_text() -> None:
    text = "Hi https://evil.example/ <b>"

    assert links.replace(text, COUNTED, link=written, plain=str.upper) == text.upper()


@given(
    st.lists(st.sampled_from(["a ", "https://shop.example/tea?a=1", " ", "。", "https://x.y/z"]))
)
def test_nothing_but_counted_links_changes(parts: list[str]) -> None:
    text = " ".join(parts)

    replaced = links.replace(text, COUNTED, link=lambda target, counted: target)

    assert replaced == text
