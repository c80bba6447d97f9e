"""A message: what a value may and may not do to it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.messages import fields
from campaigns.messages.language import TemplateRefused, ValueMissing
from campaigns.messages.links import LinkRefused
from campaigns.messages.render import Source, Surroundings, check, render

AROUND = Surroundings(
    shop="Tea & Co",
    unsubscribe_url="https://c.example/u/token",
    portal_url="https://c.example/my/",
    counted={"https://shop.example/tea?a=1&b=2": "https://c.example/r/token"},
)
GREETING = Source(
    'Hi {{ first_name | default: "friend" }}',
    'Dear {{ first_name | default: "friend" }},\n\nsee https://shop.example/tea?a=1&b=2.\nBye',
    "en",
)


def test_a_message_greets_links_and_says_how_to_stop() -> None:
    message = render(GREETING, {"first_name": "Mei"}, AROUND)

    assert message.subject == "Hi Mei"
    assert message.text.startswith("Dear Mei,\n\nsee https://c.example/r/token.\nBye")
    assert "https://c.example/u/token" in message.text
    assert "<p>Dear Mei,</p>" in message.html
    assert '<a href="https://c.example/r/token">shop.example/tea?a=1&amp;b=2</a>' in message.html
    assert '<a href="https://c.example/u/token">' in message.html


def test_the_foot_is_in_the_language_of_the_message() -> None:
    chinese = Source("茶", "你好", "zh-hans")

    message = render(chinese, {}, AROUND)

    assert "停止接收" in message.text
    assert '<html lang="zh-Hans">' in message.html


def test_a_value_adds_neither_markup_nor_lines_nor_links() -> None:
    """Case 55: in a message."""
    hostile = '<script>x</script>\r\nBcc: a@b.c https://evil.example/ "'

    message = render(GREETING, {"first_name": hostile}, AROUND)

    assert "\n" not in message.subject and "\r" not in message.subject
    assert "<script" not in message.html
    assert 'href="https://evil.example' not in message.html
    assert re.search(r"^Bcc:", message.text, re.MULTILINE) is None


@given(st.text(max_size=60))
def test_every_tag_of_the_html_is_one_of_ours(value: str) -> None:
    """Case 55: in a message."""
    message = render(GREETING, {"first_name": value}, AROUND)

    tags = set(re.findall(r"<[^>]*>", message.html))
    ours = set(re.findall(r"<[^>]*>", render(GREETING, {"first_name": "x"}, AROUND).html))
    assert tags == ours


def test_a_value_that_the_catalogue_does_not_list_is_not_given() -> None:
    with pytest.raises(ValueMissing):
        render(Source("s", "{{ secret }}", "en"), {"secret": "x"}, AROUND)


def test_check_returns_the_variables_of_a_sound_template() -> None:
    assert check(GREETING) == {"first_name"}


@pytest.mark.parametrize(
    ("subject", "body", "error"),
    [
        ("Hi {{ first_name }}", "text", ValueMissing),
        ("Hi", "{{ birthday }}", TemplateRefused),
        ("", "text", TemplateRefused),
        ("Hi", "   ", TemplateRefused),
        ("Hi", "https://s.example/?n={{ first_name | default: 'x' }}", LinkRefused),
    ],
)
def test_a_template_that_cannot_be_sent_to_everybody_is_refused_when_saved(
    subject: str, body: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        check(Source(subject, body, "en"))


def test_a_variable_that_is_always_there_needs_no_fallback() -> None:
    assert check(Source("News from {{ shop }}", "text", "en")) == {"shop"}


def test_a_purpose_covers_the_variables_whose_category_it_reads() -> None:
    contact_only = [1, 2, 10, 11]

    assert fields.uncovered(["first_name", "orders", "shop"], contact_only) == ["orders"]


def test_repr_shows_no_value() -> None:
    assert "Mei" not in repr(render(GREETING, {"first_name": "Mei"}, AROUND))
