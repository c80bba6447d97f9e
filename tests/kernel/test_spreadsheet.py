"""CSV that a spreadsheet shows and never runs."""

import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.kernel.spreadsheet import as_cell, as_csv

SIGNS = "=+-@＝＋－＠−"


@pytest.mark.parametrize(
    "formula",
    ["=cmd|' /C calc'!A0", "+1", "-1", "@x", "\t=1+1", "\r=1", "\n=1", "\x00=1", "＝1+1", "＋1",
     "－1", "＠x", "  =1", "\ufeff=1", "\u200b\u00a0=1", "−1"],
)  # fmt: skip
def test_what_a_spreadsheet_would_run_is_text(formula: str) -> None:
    """Case 53."""
    assert as_cell(formula) == "'" + formula.replace("\x00", "\ufffd")


def test_other_values_are_as_they_are() -> None:
    rows = [
        ["name", "spent", "orders"],
        ["O'Hara, “Mei”\n2nd line", -12.5, None],
        ["a=b", -3, True],
    ]

    text = "".join(as_csv(rows))

    assert text == (
        '"name","spent","orders"\r\n"O\'Hara, “Mei”\n2nd line","-12.5",""\r\n"a=b","-3","True"\r\n'
    )


@given(
    st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), min_size=1))
)
def test_every_text_comes_back_whole_and_none_begins_with_a_sign(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO("".join(as_csv(rows)), newline="")))

    assert [[cell.removeprefix("'") for cell in row] for row in read] == [
        [cell.removeprefix("'") for cell in row] for row in rows
    ]
    assert not any(cell.strip()[:1] and cell.strip()[0] in SIGNS for row in read for cell in row)


def test_rows_are_written_as_they_come() -> None:
    def endless() -> Iterator[list[str]]:
        while True:
            yield ["x"]

    first = next(as_csv(endless()))

    assert first == '"x"\r\n'
