"""The identity graph as a mathematician would draw it: connected components, nothing else. Pure."""

from collections.abc import Hashable, Iterable, Sequence


def components(groups: Iterable[Sequence[Hashable]]) -> set[frozenset[Hashable]]:
    """Return the sets of things that any chain of groups ties together, by plain repetition."""
    parts: list[set[Hashable]] = []
    for group in groups:
        joined = set(group)
        touching = [part for part in parts if part & joined]
        parts = [part for part in parts if part not in touching]
        parts.append(joined.union(*touching))
    return {frozenset(part) for part in parts}
