#!/usr/bin/env python3
"""
Check files of an audit log, with nothing but Python and the package `cryptography`.

    python verify_log.py FILE --vkey "cdp.example/audit+bfd5c169+ARdF…"

FILE is a proof of one entry, an export of many, a consistency file or a checkpoint. Exit 0 says
that the log's key signed a checkpoint that contains what the file shows. `--kept OTHER` says, in
addition, that the checkpoint in a file which you kept earlier does not contradict it: rewritten
history cannot agree with both. `--witness VKEY` asks for a witness's signature, too.

This file stands alone: read it, keep it, run it offline. Formats: C2SP tlog-proof@v1,
tlog-checkpoint, signed-note, tlog-cosignature; the tree is that of RFC 6962.
"""

import argparse
import base64
import binascii
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PROOF = "c2sp.org/tlog-proof@v1"
EXPORT = "candor/audit-export@v1"
GROWTH = "candor/audit-consistency@v1"
SIGNS, WITNESSES = 1, 4  # the types of keys, and so of signatures


class NotProved(Exception):
    """The file does not prove what it claims; the text says why."""


@dataclass(frozen=True)
class Signed:
    """A checkpoint whose signature was checked."""

    log: str
    size: int
    root: bytes


@dataclass(frozen=True)
class Told:
    """What a file shows: its checkpoints, newest last, and the entries in it by index."""

    checkpoints: list[Signed]
    entries: dict[int, dict[str, str]]
    unreadable: int = 0  # entries that are there as their hash alone


def decoded(text: str) -> bytes:
    """Return the bytes of canonical base64."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NotProved("malformed base64") from None
    if base64.b64encode(raw).decode() != text:
        raise NotProved("malformed base64")
    return raw


def number(text: str) -> int:
    """Return a decimal number without sign or leading zeros."""
    if not (text.isascii() and text.isdigit()) or (len(text) > 1 and text[0] == "0"):
        raise NotProved("malformed number")
    return int(text)


def key_of(vkey: str) -> tuple[str, bytes, bytes]:
    """Return name, four identifying bytes and type with public key of a verifier key."""
    name, _, rest = vkey.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    key = decoded(encoded)
    if len(key) != 33 or key[0] not in (SIGNS, WITNESSES):
        raise NotProved("the verifier key is malformed")
    identity = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    if identity.hex() != key_id:
        raise NotProved("the verifier key is mistyped")
    return name, identity, key


def checked_note(note: str, *vkeys: str) -> Signed:
    """Return a checkpoint that one of the log's keys, and each witness among the keys, signed."""
    keys = [key_of(vkey) for vkey in vkeys]
    names = {name for name, _, key in keys if key[0] == SIGNS}
    text, blank, lines = note.partition("\n\n")
    fields = text.split("\n")
    if not blank or not lines.endswith("\n") or len(fields) != 3 or fields[0] not in names:
        raise NotProved("the checkpoint is malformed or of another log")
    signed_by = set()
    for line in lines[:-1].split("\n"):
        dash, _, rest = line.partition(" ")
        signer, _, signature = rest.partition(" ")
        raw = decoded(signature)
        if dash != "\u2014" or not signer or len(raw) < 5:
            raise NotProved("a signature line is malformed")
        for name, identity, key in keys:
            is_the_logs = key[0] == WITNESSES or name == fields[0]
            if signer == name and raw[:4] == identity and is_the_logs:
                check_signature(key, raw[4:], text + "\n")
                signed_by.add((name, identity))
    if not any((n, i) in signed_by for n, i, key in keys if key[0] == SIGNS):
        raise NotProved("this key did not sign the checkpoint")
    if not all((n, i) in signed_by for n, i, key in keys if key[0] == WITNESSES):
        raise NotProved("the witness did not sign the checkpoint")
    root = decoded(fields[2])
    if len(root) != 32:
        raise NotProved("the checkpoint is malformed or of another log")
    return Signed(fields[0], number(fields[1]), root)


def check_signature(key: bytes, signature: bytes, text: str) -> None:
    """Refuse a signature that is not the key's over the text; a witness signs the time, too."""
    message = text.encode()
    if key[0] == WITNESSES:
        stamp, signature = signature[:8], signature[8:]
        message = b"cosignature/v1\ntime %d\n" % int.from_bytes(stamp, "big") + message
    try:
        Ed25519PublicKey.from_public_bytes(key[1:]).verify(signature, message)
    except InvalidSignature:
        raise NotProved("the signature does not fit the checkpoint") from None


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of an entry's bytes."""
    return hashlib.sha256(b"\0" + leaf).digest()


def joined(left: bytes, right: bytes) -> bytes:
    """Return the hash over two neighbors."""
    return hashlib.sha256(b"\1" + left + right).digest()


def middle_of(low: int, high: int) -> int:
    """Return where the tree over low..high divides: after the largest power of two below it."""
    return low + (1 << (high - low - 1).bit_length() - 1)


def root_of(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that the path leads to: up from the leaf, left or right at each level."""
    if index >= size:
        raise NotProved("the entry lies beyond the checkpoint")
    steps = list(path)

    def climb(low: int, high: int) -> bytes:
        if high - low == 1:
            return leaf_hash(leaf)
        middle = middle_of(low, high)
        sibling = taken(steps)
        if index < middle:
            return joined(climb(low, middle), sibling)
        return joined(sibling, climb(middle, high))

    reached = climb(0, size)
    if steps:
        raise NotProved("the proof is too long")
    return reached


def root_around(hashes: Sequence[bytes], first: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root over entries from `first` on and the subtrees beside them."""
    beyond, steps = first + len(hashes), list(path)[::-1]
    if not hashes or beyond > size:
        raise NotProved("the entries lie beyond the checkpoint")

    def over(low: int, high: int) -> bytes:
        if high <= first or low >= beyond:
            return taken(steps)
        if high - low == 1:
            return hashes[low - first]
        middle = middle_of(low, high)
        left = over(low, middle)
        return joined(left, over(middle, high))

    reached = over(0, size)
    if steps:
        raise NotProved("the proof is too long")
    return reached


def roots_along(old: Signed, size: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the older and the newer root that a consistency path leads to."""
    steps = list(path)

    def climb(count: int, low: int, high: int, whole: bool) -> tuple[bytes, bytes]:
        if count == high - low:
            same = old.root if whole else taken(steps)
            return same, same
        middle = middle_of(low, high)
        sibling = taken(steps)
        if count <= middle - low:
            older, newer = climb(count, low, middle, whole)
            return older, joined(newer, sibling)
        older, newer = climb(count - (middle - low), middle, high, False)
        return joined(sibling, older), joined(sibling, newer)

    reached = climb(old.size, 0, size, True)
    if steps:
        raise NotProved("the proof is too long")
    return reached


def taken(steps: list[bytes]) -> bytes:
    """Return the next hash of a proof."""
    if not steps:
        raise NotProved("the proof is too short")
    return steps.pop()


def check(text: str, *vkeys: str) -> dict[str, str]:
    """Return the entry that a proof file proves, with `index`, `log` and `size` added."""
    head, blank, note = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or len(lines) < 3 or lines[0] != PROOF:
        raise NotProved("this is not a proof file")
    if not lines[1].startswith("extra ") or not lines[2].startswith("index "):
        raise NotProved("this is not a proof file")
    leaf, index = decoded(lines[1][6:]), number(lines[2][6:])
    path = [hash_in(line) for line in lines[3:]]
    signed = checked_note(note, *vkeys)
    if root_of(leaf, index, signed.size, path) != signed.root:
        raise NotProved("the entry is not in this checkpoint")
    return {**entry_in(leaf), "index": str(index), "log": signed.log, "size": str(signed.size)}


def check_export(text: str, *vkeys: str) -> Told:
    """Return the entries of an export after hashing all of them up to the signed root."""
    head, blank, note = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or len(lines) < 4 or lines[0] != EXPORT:
        raise NotProved("this is not an export")
    if not lines[1].startswith("from ") or not lines[2].startswith("to "):
        raise NotProved("this is not an export")
    first, beyond = number(lines[1][5:]), number(lines[2][3:])
    path: list[bytes] = []
    hashes: list[bytes] = []
    entries: dict[int, dict[str, str]] = {}
    for line in lines[3:]:
        kind, _, encoded = line.partition(" ")
        if kind == "beside" and not hashes:
            path.append(hash_in(encoded))
        elif kind == "hash":
            hashes.append(hash_in(encoded))
        elif kind == "entry":
            leaf = decoded(encoded)
            entries[first + len(hashes)] = entry_in(leaf)
            hashes.append(leaf_hash(leaf))
        else:
            raise NotProved("this is not an export")
    signed = checked_note(note, *vkeys)
    if len(hashes) != beyond - first:
        raise NotProved("the export does not hold the entries that it names")
    if root_around(hashes, first, signed.size, path) != signed.root:
        raise NotProved("an entry of the export is not the one that the log signed")
    return Told([signed], entries, len(hashes) - len(entries))


def check_growth(text: str, *vkeys: str) -> Told:
    """Return both checkpoints of a consistency file: the newer one only adds to the older."""
    parts = text.split("\n\n")
    if len(parts) != 5 or not text.startswith(f"{GROWTH}\n"):
        raise NotProved("this is not a consistency file")
    logs = [vkey for vkey in vkeys if key_of(vkey)[2][0] == SIGNS]
    old = checked_note(f"{parts[1]}\n\n{parts[2]}\n", *logs)
    new = checked_note(f"{parts[3]}\n\n{parts[4]}", *vkeys)
    path = [hash_in(line) for line in parts[0].split("\n")[1:]]
    if old.size > new.size or old.log != new.log:
        raise NotProved("the older checkpoint is not the smaller one of the same log")
    if old.size == 0:
        reached = (hashlib.sha256(b"").digest(), new.root)
    else:
        reached = roots_along(old, new.size, path)
    if reached != (old.root, new.root) or (old.size == 0 and path):
        raise NotProved("the newer checkpoint does not contain the older one: history was changed")
    return Told([old, new], {})


def hash_in(line: str) -> bytes:
    """Return one hash of a proof."""
    raw = decoded(line)
    if len(raw) != 32:
        raise NotProved("a hash of the proof is malformed")
    return raw


def entry_in(leaf: bytes) -> dict[str, str]:
    """Return an entry from its canonical JSON."""
    try:
        entry = json.loads(leaf)
        canonical = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if not isinstance(entry, dict) or canonical.encode() != leaf:
            raise NotProved("the entry is not in canonical form")
    except (ValueError, RecursionError):
        raise NotProved("the entry is not in canonical form") from None
    return entry


def check_any(text: str, *vkeys: str) -> Told:
    """Return what a file of any of the four kinds shows."""
    kind = text.partition("\n")[0]
    if kind == EXPORT:
        return check_export(text, *vkeys)
    if kind == GROWTH:
        return check_growth(text, *vkeys)
    if kind == PROOF:
        entry = check(text, *vkeys)
        return Told([checked_note(text.partition("\n\n")[2], *vkeys)], {int(entry["index"]): entry})
    return Told([checked_note(text, *vkeys)], {})


def compare(shown: Told, kept: Told) -> str:
    """
    Return in words how two files agree, or raise `NotProved` where they contradict each other.

    Checkpoints of different sizes need a consistency file, as one of the two.
    """
    for ours in shown.checkpoints:
        for theirs in kept.checkpoints:
            if (ours.log, ours.size) == (theirs.log, theirs.size):
                if ours.root != theirs.root:
                    raise NotProved(
                        f"the log signed two histories of {ours.size} entries: keep both files"
                    )
                return f"Agrees with what you kept, of {theirs.size} entries."
    sizes = " and ".join(str(told.checkpoints[-1].size) for told in (kept, shown))
    raise NotProved(
        f"the checkpoints of {sizes} entries cannot be compared without a consistency file"
    )


def in_words(told: Told) -> str:
    """Return what was shown, in a sentence."""
    signed = told.checkpoints[-1]
    if len(told.checkpoints) == 2:
        old = told.checkpoints[0].size
        return f"Proved: the log of {signed.size} entries only adds to its first {old}."
    if not told.entries and not told.unreadable:
        return f"Proved: the log signed a checkpoint of {signed.size} entries."
    if told.unreadable == 0 and len(told.entries) == 1:
        index = next(iter(told.entries))
        return f"Proved: entry {index} is one of the {signed.size} that the log signed."
    hidden = f", {told.unreadable} of them as hashes only" if told.unreadable else ""
    count = len(told.entries) + told.unreadable
    return f"Proved: {count} entries{hidden} are among the {signed.size} that the log signed."


def main(arguments: Sequence[str]) -> int:
    """Run from the command line; return 0 if the file holds, 1 if not."""
    parser = argparse.ArgumentParser(description="Check a file of an audit log.")
    parser.add_argument("file", type=Path)
    key = "a verifier key that the log publishes; may be given again for a former key"
    parser.add_argument("--vkey", required=True, action="append", help=key)
    parser.add_argument("--witness", default=[], action="append", help="a witness's verifier key")
    parser.add_argument("--kept", type=Path, help="a file of this log that you kept earlier")
    parser.add_argument("--quiet", action="store_true", help="print no entries")
    given = parser.parse_args(arguments)
    try:
        told = check_any(given.file.read_bytes().decode(), *given.vkey, *given.witness)
        agrees = ""
        if given.kept:
            agrees = compare(told, check_any(given.kept.read_bytes().decode(), *given.vkey))
    except (NotProved, OSError, ValueError) as why:
        sys.stderr.write(f"NOT PROVED: {why}\n")
        return 1
    for index, entry in {} if given.quiet else told.entries.items():
        # as JSON, so that no character of an entry can act on the terminal
        sys.stdout.write(json.dumps({"index": str(index), **entry}, sort_keys=True) + "\n")
    sys.stdout.write("\n".join(filter(None, (in_words(told), agrees))) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
