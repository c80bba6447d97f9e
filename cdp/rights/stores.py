"""
Where a person's data lies, and what erasing does there, in order. Pure.

Every table that names a subject is in one of the two lists; a test fails for a new one. Identifiers
go first, so that nobody can be found any more; the data key goes last, so that what is left of any
ciphertext (audit details, consent evidence, backups' rows) never opens again.
Source: vault reference, part 1.10; consent reference, part 6.10.
"""

from dataclasses import dataclass

_OF_PERSON = "subject_id = ANY(%(subjects)s)"


@dataclass(frozen=True, slots=True)
class Store:
    """One table whose rows go; `rows` picks them by the person's subjects or e-mail indexes."""

    table: str
    rows: str = _OF_PERSON


GOES: tuple[Store, ...] = (
    # asked for by address, before anybody knew whose it is
    Store("accounts_signinrequest", "blind = ANY(%(emails)s)"),
    Store("profiles_identifier"),
    Store("accounts_signinlink"),
    Store("accounts_customersession"),
    Store("campaigns_delivery"),
    Store("consent_token"),
    Store("consent_explanation"),
    Store("profiles_declaredtrait"),
    Store("profiles_computedtrait"),
    Store("profiles_score"),
    Store("profiles_membership"),
    Store("profiles_purchase"),
    # the keys by which a repeat of their events would be known
    Store(
        "profiles_eventkey",
        "(source_id, key) IN (SELECT e.source_id, e.key FROM profiles_event e"
        " WHERE e.subject_id = ANY(%(subjects)s))",
    ),
    Store("profiles_event"),
    Store("consent_datausemember"),
    Store("consent_datause"),
    Store("profiles_vaultvalue"),
    Store("profiles_merge"),
    Store("profiles_profile"),
    Store("consent_permission"),
    Store("kernel_origin"),
    Store("kernel_subjectkey"),
)

# What stays names a subject id that leads to nobody any more.
STAYS: dict[str, str] = {
    "consent_record": "proof of what was said: GDPR Art. 7(1), 17(3)(e); evidence is sealed",
    "consent_subject": "that and when the person was erased, so that nothing is written anew",
    "consent_erasure_ledger": "proof of the erasure: GDPR Art. 5(2); replayed after a restore",
}
