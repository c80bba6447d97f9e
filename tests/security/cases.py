"""
The attack cases: what is tried, what must come of it, and which tests show it.

A test says in its docstring which cases it shows (“Case 12.”, “Cases 31 and 32.”); this module
collects them, and writes `docs/reference/attack-cases.md`.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "attack-cases.md"
_NAMED = re.compile(r"\b[Cc]ases? ((?:\d+)(?:(?:, | and |, and )\d+)*)\b")

CASES: Mapping[int, str] = {
    1: "The ciphertexts of two people swapped: both tampered, by name of table, column and "
    "subject; other rows are served",
    2: "A ciphertext copied into another column: tampered",
    3: "One byte flipped, every offset in turn: tampered; never an empty or a raw value",
    4: "A ciphertext cut to 0..28 bytes: tampered",
    5: "Plain text written into a sealed column: an error, not shown",
    6: "Wrapped data keys swapped between people: an error",
    7: "A start with the wrong keyring: refused, names the key",
    8: "A keyring missing or readable by others: refused, says how to mend it",
    9: "Retiring a key in use: refused with the count",
    10: "kill -9 during rewrap, then again: completes, all opens, nothing on the old key",
    11: "Sealing while keys rotate: everything opens",
    12: "Empty, zero, NUL, emoji, 1 MB: exact round trips",
    13: "A person erased: unreadable, not found, no trace in dump, cache or logs; the log verifies",
    14: "An older backup restored after an erasure: the erasure is repeated before serving",
    15: "Two people merged, then split: one readable profile, then two",
    16: "Wycheproof and published GCM vectors through our wrapper: as expected",
    17: "Nonces over a million sealings and across forked workers: no repeat",
    18: "Spellings of one address or number: one index; junk is quarantined",
    19: "Bulk inserts, upserts, updates, raw SQL, COPY, psql, a partition: an entry each, by whom",
    20: "TRUNCATE of a table, a parent, a partition: refused",
    21: "A rollback or a failed save: no entry",
    22: "Every way to read a person: an entry with its purpose; without one refused",
    23: "One byte of an entry edited: verify names the entry",
    24: "An entry deleted, the last ones cut off, two reordered: found",
    25: "History rewritten and signed again with a stolen key: an older proof contradicts it",
    26: "A superuser deletes as a replica: the guard fires; with triggers off, verify finds it",
    27: "The sequencer killed between any two statements: no gap, no double, the same root",
    28: "Two sequencers: one waits",
    29: "A burst into the inbox: nothing lost, the lag falls back",
    30: "Another customer's proof: 404; sibling hashes tell nothing",
    31: "New lines, terminal codes, right-to-left marks in values: escaped",
    32: "A bad or forged X-Forwarded-For: the request works, the address is a trusted hop's",
    33: "The clock goes back: order by index, the time is flagged",
    34: "All workers killed in a campaign: each message once, finished soon after the restart",
    35: "A pool child killed: the same",
    36: "Valkey emptied, killed, restarted mid-campaign: the same, by the sweeper",
    37: "Valkey down as something is asked for: it succeeds, the work follows later",
    38: "PostgreSQL restarted mid-run: workers reconnect, nothing twice",
    39: "A task that outlives the visibility timeout: the second copy sees the lease and ends",
    40: "The provider's answer is cut off: unknown, never sent again blindly",
    41: "The provider refuses for now: growing pauses, no storm",
    42: "Consent withdrawn after the audience was built, or mid-run: not sent, with the reason",
    43: "One Idempotency-Key twice, or by fifty at once: one effect; another body is refused",
    44: "Beat ticks twice: one run",
    45: "A read-only database: 503, no partial write, no unaudited read",
    46: "Stopped and started one by one under load: nothing lost",
    47: "Every portal address with another customer's id: 404",
    48: "Every console and API address as anybody: as the matrix says",
    49: "Signing in, asking for a link, known or unknown: one answer in the same time",
    50: "A sign-in link twice, late, altered, elsewhere, fetched by a scanner: refused, kept",
    51: "A hundred wrong codes: locked and on the record, not for good",
    52: "A configured address that leads inside: refused",
    53: "A cell that a spreadsheet would run: text",
    54: "Bombs, depth, a million keys, NaN, NUL, half signs, double keys: 4xx, quickly",
    55: "Markup stored in any field: inert",
    56: "Template injection: contained",
    57: "A forged form on the portal: 403",
    58: "A redirect to elsewhere: stays here",
    59: "A forged Host: the mailed link uses the configured address",
    60: "A fixed session, log out everywhere, a role taken away: at once",
    61: "Injection through rules, slow patterns, thousand-deep rules: 4xx",
    62: "Generated requests against every operation: no 5xx, every answer fits the schema",
    63: "A workspace, a right or a time of consent in a body: ignored or 400",
    64: "Pickle to a worker: refused",
}


def shown() -> Mapping[int, list[str]]:
    """Return, for each case, the tests whose docstring names it."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for name, text in _tests(file):
            for named in _NAMED.findall(text):
                for number in re.findall(r"\d+", named):
                    found[int(number)].append(f"{file.relative_to(ROOT)}::{name}")
    return found


def _tests(file: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name, ast.get_docstring(node) or ""


def page() -> str:
    """Return the reference page."""
    tests = shown()
    rows = [
        f"| {number} | {outcome} | {'<br>'.join(f'`{test}`' for test in tests[number])} |"
        for number, outcome in CASES.items()
    ]
    return "\n".join(
        [
            "# Attack cases",
            "",
            "What is tried against Candor, what must come of it, and the tests that show it. `make",
            "docs` writes it from the tests' own words; a case without a test fails `make test`.",
            "",
            "| case | tried, and what must come of it | shown by |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page())
