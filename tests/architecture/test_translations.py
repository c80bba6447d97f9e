"""Simplified Chinese: complete, current, in the glossary's words, and everything visible in it."""

import ast
import gettext as gnu
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import polib
import pytest
from django.utils import translation
from django.utils.translation.template import templatize

from cdp.console import refusals
from cdp.kernel.errors import CdpError
from tests.architecture.sources import ROOT, Module, modules
from tests.architecture.test_errors import errors

FOLDER = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES"
PO = polib.pofile(str(FOLDER / "django.po"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))

# Position of context, singular and plural among the arguments of each function of gettext.
PLACES: dict[str, tuple[int | None, int, int | None]] = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "ngettext": (None, 0, 1),
    "pgettext": (0, 1, None),
    "npgettext": (0, 1, 2),
}
HOLE = re.compile(r"%\(\w+\)[sd]|%%")
CHINESE = r"[\u4e00-\u9fff]"

Wanted = tuple[str, str, str]  # context, singular, plural


def key(entry: polib.POEntry) -> Wanted:
    return (entry.msgctxt or "", entry.msgid, entry.msgid_plural or "")


def told(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def calls(tree: ast.AST, names: dict[str, str]) -> Iterator[Wanted]:
    """Yield what every call of a function of gettext asks for; `names` maps local ones to ours."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            texts = [a.value if isinstance(a, ast.Constant) else "" for a in node.args]
            places = PLACES[names[node.func.id]]
            context, singular, plural = ("" if p is None else str(texts[p]) for p in places)
            if singular:
                yield context, singular, plural


def imported(module: Module) -> dict[str, str]:
    """Return under which names a module imported functions of gettext."""
    found = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            for name in node.names:
                plain = re.sub(r"_(lazy|noop)$", "", name.name)
                if plain in PLACES:
                    found[name.asname or name.name] = plain
    return found


def in_template(path: Path) -> Iterator[Wanted]:
    """Yield what a template asks for: Django turns it into Python for gettext's own tools."""
    flat = templatize(path.read_text(), origin=str(path)).replace("\n", " ")
    for start in re.finditer(r"\b(?:n?p?gettext|_)\(", flat):
        end = flat.find(")", start.end())
        while end > 0:
            try:
                tree = ast.parse(flat[start.start() : end + 1].strip())
            except SyntaxError:
                end = flat.find(")", end + 1)
                continue
            yield from calls(tree, {name: name for name in PLACES})
            break


def asked_for() -> set[Wanted]:
    in_code = {found for module in modules() for found in calls(module.tree, imported(module))}
    return in_code | {found for path in TEMPLATES for found in in_template(path)}


def test_the_language_of_the_reader_loads_this_catalogue() -> None:
    with translation.override("zh-hans"):
        assert translation.gettext("Segments") == "分群"
        assert translation.pgettext("money", "Value") == "消费金额"


def test_every_text_of_code_and_templates_is_in_the_catalogue_and_nothing_else() -> None:
    wanted, there = asked_for(), {key(entry) for entry in PO}

    assert len(wanted) > 500, "the extraction finds the texts"
    assert (wanted - there, there - wanted) == (set(), set()), "run: make messages"


def test_nothing_is_untranslated_or_fuzzy() -> None:
    assert [entry.msgid for entry in PO if entry.fuzzy or not all(told(entry))] == []
    assert PO.obsolete_entries() == []
    assert PO.metadata["Plural-Forms"] == "nplurals=1; plural=0;"


def test_both_sides_name_the_same_values() -> None:
    uneven = [
        entry.msgid
        for entry in PO
        for text in told(entry)
        if set(HOLE.findall(text)) != set(HOLE.findall(entry.msgid_plural or entry.msgid))
        or text.endswith("\n") != entry.msgid.endswith("\n")
        or set(re.findall(r"<[^>]+>", text)) != set(re.findall(r"<[^>]+>", entry.msgid))
    ]

    assert uneven == []


def test_the_compiled_catalogue_is_current() -> None:
    compiled = polib.mofile(str(FOLDER / "django.mo"))

    assert {key(entry): told(entry) for entry in compiled} == {
        key(entry): told(entry) for entry in PO
    }
    with (FOLDER / "django.mo").open("rb") as file:
        assert gnu.GNUTranslations(file).gettext("Overview") == "概览"


def test_punctuation_beside_chinese_is_full_width() -> None:
    half = re.compile(rf"{CHINESE}[,;:!?()\"]|[,;:!?(\"]{CHINESE}|{CHINESE}\.(?!\w)")

    assert [text for entry in PO for text in told(entry) if half.search(text)] == []


# Words with one meaning: wherever one stands, its Chinese term stands on the other side.
EVERYWHERE = {
    r"segments?": "分群",
    r"campaigns?": "营销活动",
    r"quarantine": "隔离区",
    r"audience": "受众",
    r"checkpoint": "检查点",
    r"sequencer": "定序器",
    r"vault": "保险库",
    r"workspace": "工作区",
    r"profiles": "客户档案",
    r"purposes?": "处理目的",
    r"traits?": "客户属性",
    r"write keys?": "写入密钥",
    r"API key": "API 密钥",
    r"blind index": "盲索引",
    r"data key": "数据密钥",
    r"sources?": "数据源",
    r"templates?": "模板",
    r"channel": "渠道",
    r"operators?": "操作员",
    r"audit log": "审计日志",
}
# Words that mean more than one thing in sentences: checked where they are the whole text.
ALONE = {
    "Audience": "受众",
    "Customers": "客户",
    "Delivery": "投递",
    "Entry": "审计条目",
    "Event": "事件",
    "Identifiers": "标识符",
    "Jobs": "作业",
    "Members": "分群成员",
    "Membership": "分群成员",
    "Message": "消息",
    "Notices": "告知书",
    "Assessments": "影响评估",
    "Permissions": "授权",
    "Problems": "错误说明",
    "Profiles": "客户档案",
    "Purpose": "处理目的",
    "Reasons": "原因",
    "Scope": "权限范围",
    "Scores": "评分",
    "Uses": "数据使用记录",
    "anonymous id": "匿名 ID",
    "basis": "合法性基础",
    "calibrated": "已校准",
    "customer": "客户",
    "masked": "已脱敏",
    "withdrawn": "已撤回",
}
OTHER_MEANING = {
    "Any Segment-compatible SDK works: change its host and its key. Or send it by hand:",  # a name
    "Purposes and consent",  # the screen's name, as the map of screens has it
}


@pytest.mark.parametrize(("word", "term"), EVERYWHERE.items(), ids=EVERYWHERE)
def test_a_word_of_the_glossary_is_translated_one_way(word: str, term: str) -> None:
    whole = re.compile(rf"(?<![\w-]){word}(?![\w-])", re.IGNORECASE)
    used = [e for e in PO if whole.search(HOLE.sub("", e.msgid)) and e.msgid not in OTHER_MEANING]

    assert used, "the word is on some screen"
    assert [(e.msgid, told(e)) for e in used if not all(term in text for text in told(e))] == []


def test_a_word_that_stands_alone_is_its_term() -> None:
    alone = {word.lower(): term for word, term in ALONE.items()}
    used = {e.msgid: told(e)[0] for e in PO if e.msgid.rstrip(":").lower() in alone}

    assert len(used) > len(ALONE) // 2
    assert used == {
        text: alone[text.rstrip(":").lower()] + ("：" if text.endswith(":") else "")
        for text in used
    }


class Visible(HTMLParser):
    """Collects what a reader sees or hears of a template whose tags of Django are cut out."""

    SPOKEN = ("aria-label", "title", "placeholder", "alt")

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unread += tag in ("script", "style", "pre")
        self.texts += [value for name, value in attrs if name in self.SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in ("script", "style", "pre")

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.texts.append(data)


UNTRANSLATED = {"Candor", "English"}  # the product's name; a language in its own words
CUT = re.compile(
    r"\{%\s*comment.*?endcomment\s*%\}|\{%\s*blocktrans.*?endblocktrans(?:late)?\s*%\}"
    r"|\{%\s*block page_class\s*%\}.*?\{%\s*endblock\s*%\}"
    r"|\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}",
    re.DOTALL,
)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT / "templates")))
def test_a_template_shows_no_word_that_cannot_be_translated(path: Path) -> None:
    page = Visible()

    page.feed(CUT.sub("", path.read_text()))

    words = {text.strip(" ·\n") for text in page.texts if re.search(r"[A-Za-z]{2}", text)}
    assert words - UNTRANSLATED == set()


# Rooms whose refusals reach the console, at once or as the reason of a job that failed.
REFUSING = ("campaigns.", "profiles.segments.", "profiles.scoring.", "profiles.vault.")
REFUSING_MODULES = ("cdp.kernel.jobs",)
ELSEWHERE = ("campaigns.feedback.",)  # answers a link in a message, not an operator


def sentence(node: ast.expr) -> str:
    """Return the text that an expression builds, with “x1” where a value goes."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(sentence(part) for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return sentence(left) + sentence(right)
        case _:
            return "x1"


def refused(module: Module, names: set[str]) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            said = [sentence(argument) for argument in node.args[:1]]
            yield from (text for text in said if re.search(r" .*[.:] ?(x1)?$", text))


def test_every_refusal_that_the_console_shows_is_told_in_chinese() -> None:
    names = {error.__name__ for error in errors() if issubclass(error, CdpError)}
    shown = {
        text
        for module in modules()
        if module.name.startswith(REFUSING) or module.name in REFUSING_MODULES
        if not module.name.startswith(ELSEWHERE)
        for text in refused(module, names)
    }

    with translation.override("zh-hans"):
        english = {text for text in shown if not re.search(CHINESE, refusals.said(text))}

    assert len(shown) > 40, "the scan finds the sentences"
    assert english == set()


def test_a_refusal_keeps_what_it_names_and_tells_states_in_words() -> None:
    text = "This campaign is draft, so it cannot become paused. Reload the page."

    with translation.override("en"):
        assert refusals.said(text) == text
    with translation.override("zh-hans"):
        assert refusals.said(text) == (
            "此营销活动的状态为“草稿”，不能变为“已暂停”。请重新加载页面。"
        )
        assert refusals.said("There is no variable “pet_name”.") == "没有变量“pet_name”。"
        assert refusals.said("Nobody listed this sentence.") == "Nobody listed this sentence."
