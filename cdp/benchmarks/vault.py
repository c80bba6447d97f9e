"""
The vault: sealing and unsealing in bulk against the cipher alone, opening addresses in a window,
and wrapping data keys anew.
"""

import os
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cdp.benchmarks import logins
from cdp.benchmarks.report import Comparison
from cdp.benchmarks.rounds import Way, must_agree, must_differ, race
from cdp.benchmarks.town import ACTOR, Town
from cdp.kernel import clock, crypto, database, jobs, key_register, keyring, subjects
from cdp.kernel.crypto import Cipher
from cdp.kernel.keyring import Use
from cdp.kernel.roles import Role
from cdp.kernel.subjects import KeyOpener
from cdp.keys.rewrap import rewrap
from consent.window import purpose
from profiles.vault import open as vault
from profiles.vault.cells import Cell, Cells

PURPOSE = "marketing.email"
SAMPLE = "ann.example@mail.example.com"
WORKSPACE = "default"
_SELECT = """
    SELECT o.subject_id, v.subject_id, v.field, v.slot, v.sealed
      FROM kernel_origin o JOIN profiles_vaultvalue v ON v.subject_id = o.origin
     WHERE o.subject_id = ANY(%s) AND v.field = ANY(%s)
     ORDER BY o.subject_id, v.put_at"""
_TOUCH = "UPDATE bench.subjectkey SET kek_id = kek_id + 1, wrapped = wrapped"


def measure(town: Town) -> list[Comparison]:
    """Compare each with the least that it stands on."""
    return [*_ciphering(town), _opening(town), _rewrapping(town)]


def _ciphering(town: Town) -> list[Comparison]:
    """Compare sealing and unsealing one value a person with the cipher's own two calls."""
    count = town.size.sealed
    people = [Cell(uuid4(), "email") for _ in range(count)]
    keys = {cell.subject: crypto.new_key() for cell in people}
    kek = keyring.current().active(Use.KEK)
    wrapped = {
        who: Cipher(kek.material).seal(key, crypto.wrap_aad(kek.id, WORKSPACE, who))
        for who, key in keys.items()
    }
    plain, bound = SAMPLE.encode(), b"x" * 60  # about as long as a cell's own
    ready = AESGCM(kek.material)

    def seal() -> list[bytes]:
        cells = Cells(keys, WORKSPACE)
        return [cells.seal(cell, SAMPLE) for cell in people]

    def encrypt() -> list[bytes]:
        return [AESGCM(key).encrypt(os.urandom(12), plain, bound) for key in keys.values()]

    def unseal() -> list[str]:
        opener = KeyOpener(keyring.current())
        opened = {who: opener.open(who, kek.id, wrapped[who], WORKSPACE) for who in keys}
        cells = Cells(opened, WORKSPACE)
        return [cells.unseal(cell, value) for cell, value in zip(people, sealed, strict=True)]

    def decrypt() -> list[bytes]:
        return [
            AESGCM(ready.decrypt(bytes(12), under, bound)).decrypt(bytes(12), body, bound)
            for under, body in bare
        ]

    sealed = seal()
    bare = [
        (ready.encrypt(bytes(12), key, bound), AESGCM(key).encrypt(bytes(12), plain, bound))
        for key in keys.values()
    ]
    must_agree("unseal values", [{SAMPLE}, set(unseal()), {body.decode() for body in decrypt()}])
    must_differ("sealing", sealed[0], sealed[1])
    ways = race(
        *(Way(each, count) for each in (seal, encrypt, unseal, decrypt)), rounds=town.size.rounds
    )
    told = f"{count:,} values of as many people a round. Limit 2.5: 0.4 of the cipher's speed"
    return [
        Comparison(
            "vault", "seal values in bulk", "AESGCM.encrypt, a key and a nonce each", "value", told,
            "The rest is the cell's own associated data and the format.", ways[0], ways[1],
        ),
        Comparison(
            "vault", "unwrap keys and unseal values in bulk", "the same two AESGCM.decrypt",
            "value", told, "The rest is the places that both are bound to, and the format.",
            ways[2], ways[3],
        ),
    ]  # fmt: skip


def _opening(town: Town) -> Comparison:
    """Compare opening addresses with a plain SELECT of the same sealed cells."""

    def opened() -> dict[UUID, dict[str, str]]:
        with purpose(PURPOSE, actor=ACTOR):
            return vault.open(people, ["email"], actor=ACTOR)

    def selected() -> list[tuple[object, ...]]:
        return town.ask(_SELECT, [people, ["email"]])

    with town.through(Role.WORKER):
        people = _permitting(town)
        plain, sealed = opened(), selected()
        must_agree("read addresses", [len(people), len(plain), len(sealed)])
        must_differ("reading sealed cells", plain[people[0]]["email"].encode(), sealed[0][4])
        ours, bare = race(
            Way(opened, len(people)), Way(selected, len(people)), rounds=town.size.rounds
        )
    return Comparison(
        "vault", "open addresses in a window", "plain SELECT of the sealed cells", "address",
        f"{len(people):,} people a round",
        "The rest is a data key unwrapped, a value unsealed and an entry written for each.",
        ours, bare,
    )  # fmt: skip


def _permitting(town: Town) -> list[UUID]:
    with purpose(PURPOSE, actor=ACTOR), database.cursor() as sql:
        sql.execute(
            "SELECT subject_id FROM profiles_profile ORDER BY subject_id LIMIT %s",
            [town.size.opened],
        )
        return [row[0] for row in sql.fetchall()]


def _rewrapping(town: Town) -> Comparison:
    """Compare wrapping every data key anew with rewriting the same rows; a new KEK a round."""
    town.tell(
        "CREATE TABLE bench.subjectkey (LIKE kernel_subjectkey INCLUDING ALL)",
        "INSERT INTO bench.subjectkey SELECT * FROM kernel_subjectkey",
    )
    count = town.ask("SELECT count(*) FROM bench.subjectkey")[0][0]
    moved: list[int] = []

    def rotate() -> None:
        keyring.change(lambda ring: ring.with_new(Use.KEK, at=clock.now()))
        with logins.through(Role.REWRAP, workspace=town.workspace):
            key_register.follow()

    def wrap_anew() -> None:
        with logins.through(Role.REWRAP, workspace=town.workspace):
            run = jobs.start("bench.rewrap", actor=ACTOR)
            with jobs.running(run.id) as job:
                steps = list(rewrap(job))
            moved.append(steps[-1].done)

    ours, plain = race(
        Way(wrap_anew, count),
        Way(lambda: town.tell(_TOUCH), count),
        rounds=town.size.rounds,
        before=rotate,
    )
    must_agree("wrap every data key anew", [count, *moved])
    with logins.through(Role.REWRAP, workspace=town.workspace):
        some = [row[0] for row in town.ask("SELECT subject_id FROM kernel_subjectkey LIMIT 10")]
        must_agree("open data keys afterwards", [len(some), len(subjects.data_keys(some))])
    return Comparison(
        "vault", "wrap data keys anew", "UPDATE of the same rows", "data key",
        f"{count:,} data keys a round, each time under a new key",
        "The rest is a key unwrapped and wrapped for each, and a second pass that finds nothing.",
        ours, plain,
    )  # fmt: skip
