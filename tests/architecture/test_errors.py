"""Anticipated failures: each with a code of its own, said in a sentence, without a value."""

import re
from importlib import import_module

from cdp.kernel.errors import CdpError
from tests.architecture.sources import modules


def errors() -> list[type[CdpError]]:
    for module in modules():
        if re.search(r"^    code = ", module.text, re.MULTILINE):
            import_module(module.name)
    found, waiting = [], [CdpError]
    while waiting:
        children = waiting.pop().__subclasses__()
        found += children
        waiting += children
    return [error for error in found if not error.__module__.startswith("tests.")]


def test_every_code_is_one_errors_own() -> None:
    codes: dict[str, list[str]] = {}
    for error in set(errors()):
        codes.setdefault(error.code, []).append(f"{error.__module__}.{error.__name__}")

    assert {code: names for code, names in codes.items() if len(names) > 1} == {}
    assert len(codes) > 30, "the scan finds the errors"


def test_every_error_names_its_code_itself_and_says_what_it_means() -> None:
    unclear = [
        error.__name__
        for error in errors()
        if "code" not in error.__dict__
        or not re.fullmatch(r"[a-z][a-z_]+", error.code)
        or not (error.__doc__ or "").strip().endswith(".")
    ]

    assert unclear == []
