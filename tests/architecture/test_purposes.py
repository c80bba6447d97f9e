"""Purposes are the catalogue's, and people are read where a window is in sight."""

import ast
import re

from cdp.kernel.protected import protected_models
from consent.catalog import BY_KEY, CATALOG
from tests.architecture.sources import modules, strings

_FIRST_WORDS = {spec.key.partition(".")[0] for spec in CATALOG if "." in spec.key}
PURPOSE_LIKE = re.compile(rf"^({'|'.join(sorted(_FIRST_WORDS))})\.[a-z_.]+$")

# Who may name a table about people in SQL: it runs in a window that this module or its caller
# opens, as the intake, or in a definer function. Everything else asks these.
SQL_ABOUT_PEOPLE = {
    "campaigns.delivery.lease": "claims inside the campaign's window",
    "campaigns.delivery.policies": "declares row policies",
    "campaigns.delivery.sweep": "the sweeper's own policy: states, no person",
    "campaigns.messages.values": "in the window of the claim",
    "campaigns.planning.audience": "freezes inside the campaign's window",
    "campaigns.planning.reach": "counts inside the campaign's window",
    "cdp.console.event_counts": "counts in the window of statistics",
    "cdp.console.finding": "finds by blind index in the window of support",
    "cdp.console.people": "lists in the window of support",
    "cdp.console.rule_choices": "lists values in the window of segmentation",
    "cdp.console.scoring": "counts in the window of scoring",
    "cdp.engine.tables": "names the tables for compiled rules",
    "cdp.rights.erase": "in the own window of who is erased",
    "cdp.rights.stores": "lists what erasing takes away; no SQL of its own",
    "cdp.portal.sign_in_mail": "finds one address in the window of service",
    "cdp.portal.words": "words for a person's own tables; no SQL",
    "consent.origins": "who stands for whom: ids alone",
    "consent.policies": "declares row policies",
    "profiles.events.export": "exports in the window of operations",
    "profiles.exports.write": "counts and lists members in the window of the export's purpose",
    "profiles.identity.erased": "the intake",
    "profiles.identity.resolve": "the intake",
    "profiles.records.own": "a person's own window",
    "profiles.records.touch": "the intake",
    "profiles.scoring.examples": "in the window of training",
    "profiles.scoring.features": "in the window of scoring or training",
    "profiles.scoring.score": "in the window of scoring",
    "profiles.segments.estimate": "counts in the window of segmentation",
    "profiles.segments.load": "in the window of its caller",
    "profiles.segments.refresh": "in the window of segmentation",
    "profiles.traits.computed": "in the window of segmentation",
    "profiles.traits.declare": "the intake",
    "profiles.vault.open": "the vault, in the window of its caller",
    "profiles.vault.put": "the intake",
}


def test_every_text_that_looks_like_a_purpose_is_one() -> None:
    unknown = {
        (module.name, text)
        for module in modules()
        for text in strings(module)
        if PURPOSE_LIKE.match(text) and text not in BY_KEY and text not in NO_PURPOSE
    }

    assert unknown == set()


# Texts that begin like a purpose and are something else.
NO_PURPOSE = {"identity.merge"}  # an act of the log


def test_every_purpose_named_at_a_window_is_in_the_catalogue() -> None:
    named = [
        (module.name, call.args[0].value)
        for module in modules()
        for call in ast.walk(module.tree)
        if isinstance(call, ast.Call)
        and ast.unparse(call.func).rpartition(".")[2] == "purpose"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    ]

    assert named, "the scan finds windows"
    assert [each for each in named if each[1] not in BY_KEY] == []


def test_only_the_modules_on_the_list_name_tables_about_people_in_sql() -> None:
    # kernel_origin tells which of our own ids are one person, but is protected all the same
    tables = "|".join(model._meta.db_table for model in protected_models())
    statement = re.compile(rf"\b({tables})\b")
    found = {
        module.name
        for module in modules()
        if not module.name.endswith("models")
        # the race against plain SQL runs over made-up people in a throwaway database
        if not module.name.startswith("cdp.benchmarks.")
        if any(statement.search(text) for text in strings(module))
    }

    assert found - SQL_ABOUT_PEOPLE.keys() == set()
    assert SQL_ABOUT_PEOPLE.keys() - found == set(), "take these off the list"


def test_bits_are_used_once_and_within_their_number() -> None:
    bits = [spec.bit for spec in CATALOG]

    assert len(set(bits)) == len(bits) == len(BY_KEY)
    assert all(1 <= bit <= 62 for bit in bits)
    assert all(need in BY_KEY for spec in CATALOG for need in spec.requires)
    assert all(spec.requires for spec in CATALOG if spec.folded)
    assert all({"en", "zh-hans"} == spec.label.keys() == spec.plain_text.keys() for spec in CATALOG)
