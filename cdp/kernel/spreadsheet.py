"""
Tables for people's spreadsheets: CSV in which a cell is text and never a formula. Pure.

A spreadsheet runs what begins with = + - @; a tab, a line break or a wide form of the sign hides
it. Such a cell gets an apostrophe in front, which says "text". Every cell is quoted.
Source: RFC 4180; OWASP "CSV injection"; OWASP ASVS 5.0 1.2.10.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

_SIGNS = tuple("=+-@\uff1d\uff0b\uff0d\uff20\u2212")  # and their full-width forms
_HIDING = tuple("\t\r\n\x00")
_UNSEEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad"  # what a reader does not see before a sign
_NOTHING = dict.fromkeys(map(ord, _UNSEEN))
_NUMBERS = (int, float)


def as_csv(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """
    Yield each row as one record, in constant memory; the first row may be the heading.

    Numbers stay numbers, None is an empty cell, everything else is guarded text.
    """
    line = io.StringIO()
    writer = csv.writer(line, quoting=csv.QUOTE_ALL)
    for row in rows:
        writer.writerow([as_cell(value) for value in row])
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def as_cell(value: object) -> str:
    """Return a value as a cell that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    text = str(value)
    if isinstance(value, _NUMBERS) and not isinstance(value, bool):
        return text
    seen = text.translate(_NOTHING).lstrip()
    guard = "'" if text.startswith(_HIDING) or seen.startswith(_SIGNS) else ""
    return guard + text.replace("\x00", "\ufffd")
