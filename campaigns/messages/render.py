"""
From a template and one person's values to a message: subject, text, HTML. Pure.

The text is written first; the HTML is the same text, escaped as a whole and cut into paragraphs,
so a value can put neither markup nor a link into either part.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

from campaigns.channels.base import MAX_SUBJECT_CHARACTERS
from campaigns.messages import fields, language, links
from campaigns.messages.language import TemplateRefused

FOOT = {
    "en": "You get this because you allow {shop} to write to you for this purpose.\n"
    "Stop these messages: {unsubscribe}\nWhy you got it and what else we hold: {portal}",
    "zh-hans": "您收到此邮件，是因为您允许{shop}为此目的与您联系。\n"
    "停止接收此类邮件：{unsubscribe}\n为什么收到它，以及我们还保存了什么：{portal}",
}
HTML_LANGUAGE = {"en": "en", "zh-hans": "zh-Hans"}


@dataclass(frozen=True, slots=True)
class Source:
    """One template in one language, as written."""

    subject: str
    body: str
    language: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the platform adds to each message: who writes, and the links that are always there."""

    shop: str
    unsubscribe_url: str = field(repr=False)
    portal_url: str
    counted: Mapping[str, str] = field(default_factory=dict, repr=False)  # target → counting link


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered message; holds personal values, so it lives in a local variable alone."""

    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    language: str


def used(source: Source) -> frozenset[str]:
    """
    Return the variables that a template uses.

    :raises TemplateRefused: malformed, or names a variable that does not exist
    """
    names = language.variables(source.subject) | language.variables(source.body)
    if unknown := sorted(names - fields.BY_KEY.keys()):
        raise TemplateRefused("There is no variable “" + "”, “".join(unknown) + "”.")
    return names


def check(source: Source) -> frozenset[str]:
    """
    Return the variables that a template uses, having made sure that it renders for everybody.

    It is rendered once with every value there and once with none that may be absent.

    :raises TemplateRefused: malformed, empty, too long, or unknown variable
    :raises ValueMissing: a value that may be absent has no fallback
    :raises LinkRefused: a link holds a variable
    """
    names = used(source)
    if not source.subject.strip() or not source.body.strip():
        raise TemplateRefused("Write a subject and a text.")
    links.find(source.subject)
    links.find(source.body)
    everything = fields.samples(names, language=source.language)
    always = {key: text for key, text in everything.items() if fields.BY_KEY[key].is_always_present}
    around = Surroundings(shop="Shop", unsubscribe_url="https://u", portal_url="https://p")
    for values in (everything, always):
        render(source, values, around)
    return names


def render(source: Source, values: Mapping[str, object], around: Surroundings) -> Message:
    """
    Return the message; `values` may hold more than the template's variables, it gets its own.

    :raises TemplateRefused: stopped by a limit
    :raises ValueMissing: a value is absent and has no fallback
    """
    declared = {
        key: _one_line(value)
        for key, value in {"shop": around.shop, **values}.items()
        if key in fields.BY_KEY
    }
    subject = " ".join(language.fill(source.subject, declared).split())
    body = language.fill(source.body, declared).strip()
    foot = FOOT.get(source.language, FOOT["en"])
    shop = around.shop
    return Message(
        subject=subject[:MAX_SUBJECT_CHARACTERS],
        text=_text(body, around)
        + "\n\n-- \n"
        + foot.format(shop=shop, unsubscribe=around.unsubscribe_url, portal=around.portal_url)
        + "\n",
        html=_document(
            _html(body, around),
            _paragraph(
                escape(foot).format(
                    shop=escape(shop),
                    unsubscribe=_anchor(around.unsubscribe_url, around.unsubscribe_url),
                    portal=_anchor(around.portal_url, around.portal_url),
                )
            ),
            language=source.language,
        ),
        language=source.language,
    )


def _one_line(value: object) -> object:
    """Return a value that starts no line of its own, whatever was stored."""
    return " ".join(value.split()) if isinstance(value, str) else value


def _text(body: str, around: Surroundings) -> str:
    return links.replace(body, around.counted, link=lambda target, counted: counted)


def _html(body: str, around: Surroundings) -> str:
    marked = links.replace(
        body,
        around.counted,
        link=lambda target, counted: _anchor(counted, re.sub(r"^https?://", "", target)),
        plain=escape,
    )
    return "".join(_paragraph(part) for part in re.split(r"\n\s*\n", marked))


def _paragraph(marked: str) -> str:
    return "<p>" + "<br>\n".join(marked.strip().splitlines()) + "</p>\n"


def _anchor(target: str, shown: str) -> str:
    return f'<a href="{escape(target)}">{escape(shown)}</a>'


def _document(body: str, foot: str, *, language: str) -> str:
    tag = HTML_LANGUAGE.get(language, language)
    return (
        f'<!doctype html>\n<html lang="{escape(tag)}"><head><meta charset="utf-8"></head>\n'
        f"<body>\n{body}<hr>\n<small>\n{foot}</small>\n</body></html>\n"
    )
