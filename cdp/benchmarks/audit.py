"""The audit log: entries into the signed tree, and proofs out of it."""

import hashlib

from audit import checkpoint, merkle, proofs, sequencer, signing, tiles
from audit.checkpoint import Checkpoint, Signer, VerifierKey
from audit.inbox import record_many
from cdp.benchmarks import logins
from cdp.benchmarks.report import Comparison
from cdp.benchmarks.rounds import Way, must_agree, race
from cdp.benchmarks.town import ACTOR, Town, seeded
from cdp.kernel.roles import Role

_MOVE = """
    WITH taken AS (DELETE FROM bench.inbox RETURNING *)
    INSERT INTO bench.entry SELECT * FROM taken ORDER BY id"""


def measure(town: Town) -> list[Comparison]:
    """Compare sequencing with moving rows, and proofs with the least that they need."""
    with logins.through(Role.AUDIT):
        while sequencer.sequence():
            pass
    return [
        *_sequencing(town),
        *_proving(town),
        *_proofs_of_a_large_tree(town),
    ]


def _sequencing(town: Town) -> list[Comparison]:
    entries = town.size.entries
    town.tell(
        "CREATE TABLE bench.inbox (LIKE audit_inbox INCLUDING INDEXES)",
        "CREATE TABLE bench.entry (LIKE audit_inbox INCLUDING INDEXES)",
    )
    people = [row[0] for row in town.ask("SELECT subject_id FROM profiles_profile")]
    written = (people * (entries // len(people) + 1))[:entries]
    sequenced: list[int] = []

    def fill() -> None:
        with town.through(Role.WORKER):
            record_many(ACTOR, "bench.note", subjects=written, detail={"fields": "email"})
        town.tell("TRUNCATE bench.inbox", "INSERT INTO bench.inbox SELECT * FROM audit_inbox")

    def sequence() -> None:
        with logins.through(Role.AUDIT):
            sequenced.append(sequencer.sequence(entries))

    fill()
    sequence()
    raw = [
        bytes(leaf)
        for (leaf,) in town.ask("SELECT leaf FROM audit_leaf ORDER BY idx DESC LIMIT %s", [entries])
    ]
    ours, moved, hashed = race(
        Way(sequence, entries),
        Way(lambda: town.tell(_MOVE), entries),
        Way(lambda: [hashlib.sha256(b"\0" + leaf).digest() for leaf in raw], entries),
        rounds=town.size.rounds,
        before=fill,
    )
    must_agree("sequence a batch", [entries, *sequenced])
    size = f"{entries:,} entries a round, each with a sealed detail"
    return [
        Comparison(
            "audit", "sequence entries", "INSERT … SELECT of the same rows", "entry", size,
            "The rest is a pseudonym, a seal, the leaf and its hash for each; one signed "
            "checkpoint.",
            ours, moved,
        ),
        Comparison(
            "audit", "sequence entries", "SHA-256 of the same leaves in memory", "entry", size,
            "The limit of any tree: the rest is the database, and sealing each detail.",
            ours, hashed,
        ),
    ]  # fmt: skip


def _proving(town: Town) -> list[Comparison]:
    size = town.ask("SELECT max(size) FROM audit_checkpoint")[0][0]
    times, vkey = town.size.proofs, signing.vkey()
    asked = seeded().sample(range(size), min(times, size))
    with logins.through(Role.AUDIT):
        files = [proofs.prove(index) for index in asked]
        must_agree("prove entries", [[proofs.verify_proof(f, vkey).index for f in files], asked])
        signed = files[0].partition("\n\n")[2]
        proved, selected, verified, checked = race(
            Way(lambda: [proofs.prove(index) for index in asked], len(asked)),
            Way(lambda: [_leaf(town, index) for index in asked], len(asked)),
            Way(lambda: [proofs.verify_proof(f, vkey) for f in files], len(asked)),
            Way(lambda: [_check(signed, vkey) for _ in asked], len(asked)),
            rounds=town.size.rounds,
        )
    told = f"{len(asked)} a round from a log of {size:,} entries"
    return [
        Comparison(
            "audit", "make a proof file", "SELECT of the entry's leaf", "proof", told,
            "The rest is the newest checkpoint and the tiles of the path.", proved, selected,
        ),
        Comparison(
            "audit", "verify a proof file", "check the checkpoint's signature alone", "proof",
            told, "Ed25519 is the limit; the rest is reading the file and hashing the path.",
            verified, checked,
        ),
    ]  # fmt: skip


def _leaf(town: Town, index: int) -> list[tuple[object, ...]]:
    return town.ask("SELECT leaf FROM audit_leaf WHERE idx = %s", [index])


def _check(note: str, vkey: str) -> object:
    return checkpoint.read(note, [VerifierKey.parse(vkey)])


def _proofs_of_a_large_tree(town: Town) -> list[Comparison]:
    """Compare proofs over a tree in memory with as many bare hashes as the path has."""
    leaves, times = town.size.leaves, town.size.proofs
    tree = tiles.Tiles(lambda place: b"")
    raw = [b"leaf %d" % number for number in range(leaves)]
    tree.append(0, [merkle.leaf_hash(leaf) for leaf in raw])
    root = merkle.root(leaves, tree.node)
    asked = seeded().sample(range(leaves), times)
    paths = {index: merkle.inclusion_path(index, leaves, tree.node) for index in asked}
    steps = max(map(len, paths.values()))
    signer = Signer("candor.bench/audit", bytes(32))
    note = checkpoint.sign(Checkpoint(signer.name, leaves, root), [signer])
    file = proofs.render(b"x" * 350, index=asked[0], path=paths[asked[0]], note=note)

    def verify() -> list[bool]:
        return [
            merkle.includes(
                merkle.leaf_hash(raw[index]), paths[index], index=index, size=leaves, root=root
            )
            for index in asked
        ]

    def hashes() -> None:
        for index in asked:
            reached = raw[index]
            for step in paths[index]:
                reached = hashlib.sha256(b"\1" + step + reached).digest()

    must_agree("verify proofs", [all(verify()), True])
    made, verified, bare = race(
        Way(lambda: [merkle.inclusion_path(i, leaves, tree.node) for i in asked], times),
        Way(verify, times),
        Way(hashes, times),
        rounds=town.size.rounds,
    )
    size = f"a tree of {leaves:,} entries in memory; a proof file has {len(file):,} bytes"
    limit = f"{steps} SHA-256 calls"
    return [
        Comparison(
            "audit", "make an inclusion path", limit, "path", size,
            "A hash of the path is a subtree's: up to 255 hashes within a tile are made anew.",
            made, bare,
        ),
        Comparison(
            "audit", "check an inclusion path", limit, "path", size,
            "The rest is which side each hash goes.", verified, bare,
        ),
    ]  # fmt: skip
