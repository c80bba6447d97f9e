#!/usr/bin/env python3
"""
Check a proof file of an audit log, with nothing but Python and the package `cryptography`.

    python verify_log.py entry-73894.tlog-proof --vkey "cdp.example/audit+bfd5c169+ARdF…"

Prints the entry and exits 0 when the log's key signed a checkpoint that contains it. This file
stands alone: read it, keep it, run it offline. Formats: C2SP tlog-proof@v1, tlog-checkpoint,
signed-note; the tree is that of RFC 6962.
"""

import argparse
import base64
import binascii
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class NotProved(Exception):
    """The file does not prove what it claims; the text says why."""


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


def checked_note(note: str, vkey: str) -> tuple[str, int, bytes]:
    """Return origin, size and root of a checkpoint after checking the key's signature."""
    name, _, rest = vkey.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    key = decoded(encoded)
    if len(key) != 33 or key[0] != 1:
        raise NotProved("the verifier key is malformed")
    identity = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    if identity.hex() != key_id:
        raise NotProved("the verifier key is mistyped")
    text, blank, lines = note.partition("\n\n")
    fields = text.split("\n")
    if not blank or not lines.endswith("\n") or len(fields) != 3 or fields[0] != name:
        raise NotProved("the checkpoint is malformed or of another log")
    verified = False
    for line in lines[:-1].split("\n"):
        dash, _, rest = line.partition(" ")
        signer, _, signature = rest.partition(" ")
        raw = decoded(signature)
        if dash != "\u2014" or not signer or len(raw) < 5:
            raise NotProved("a signature line is malformed")
        if signer == name and raw[:4] == identity:
            try:
                public = Ed25519PublicKey.from_public_bytes(key[1:])
                public.verify(raw[4:], (text + "\n").encode())
            except InvalidSignature:
                raise NotProved("the signature does not fit the checkpoint") from None
            verified = True
    if not verified:
        raise NotProved("this key did not sign the checkpoint")
    return fields[0], number(fields[1]), decoded(fields[2])


def root_of(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that the path leads to: up from the leaf, left or right at each level."""
    if index >= size:
        raise NotProved("the entry lies beyond the checkpoint")
    steps = list(path)

    def climb(low: int, high: int) -> bytes:
        if high - low == 1:
            return hashlib.sha256(b"\0" + leaf).digest()
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        if not steps:
            raise NotProved("the proof is too short")
        sibling = steps.pop()
        if index < middle:
            return hashlib.sha256(b"\1" + climb(low, middle) + sibling).digest()
        return hashlib.sha256(b"\1" + sibling + climb(middle, high)).digest()

    reached = climb(0, size)
    if steps:
        raise NotProved("the proof is too long")
    return reached


def check(text: str, vkey: str) -> dict[str, str]:
    """Return the proved entry with `index`, `log` and `size` added, or raise `NotProved`."""
    head, blank, note = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or len(lines) < 3 or lines[0] != "c2sp.org/tlog-proof@v1":
        raise NotProved("this is not a proof file")
    if not lines[1].startswith("extra ") or not lines[2].startswith("index "):
        raise NotProved("this is not a proof file")
    leaf, index = decoded(lines[1][6:]), number(lines[2][6:])
    path = [decoded(line) for line in lines[3:]]
    log, size, root = checked_note(note, vkey)
    if any(len(step) != 32 for step in path) or root_of(leaf, index, size, path) != root:
        raise NotProved("the entry is not in this checkpoint")
    try:
        entry = json.loads(leaf)
        canonical = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if not isinstance(entry, dict) or canonical.encode() != leaf:
            raise NotProved("the entry is not in canonical form")
    except ValueError:
        raise NotProved("the entry is not in canonical form") from None
    return {**entry, "index": str(index), "log": log, "size": str(size)}


def main(arguments: Sequence[str]) -> int:
    """Run from the command line; return 0 if the proof holds, 1 if not."""
    parser = argparse.ArgumentParser(description="Check a proof file of an audit log.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--vkey", required=True, help="the verifier key that the log publishes")
    given = parser.parse_args(arguments)
    try:
        entry = check(given.file.read_bytes().decode(), given.vkey)
    except (NotProved, OSError, ValueError) as why:
        sys.stderr.write(f"NOT PROVED: {why}\n")
        return 1
    # as JSON, so that no character of an entry can act on the terminal
    sys.stdout.write(
        f"{json.dumps(entry, indent=1, sort_keys=True)}\n"
        f"Proved: entry {entry['index']} is one of the {entry['size']} that the log signed.\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
