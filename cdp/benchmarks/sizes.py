"""How much each benchmark does. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Amounts of one run."""

    residents: int  # people of the town, three in four of whom permit everything
    orders: int  # of each
    regular_orders: int  # of the one customer who withdraws; each order is four rows
    batches: int  # requests accepted in one round
    drained: int  # events drained in one round
    sealed: int  # values sealed and unsealed in one round
    opened: int  # addresses opened in one round, at most
    entries: int  # audit entries sequenced in one round
    proofs: int  # proofs made and checked in one round
    leaves: int  # of the tree in memory that proofs are measured over
    claimed: int  # deliveries claimed at once, at most
    rounds: int


SIZES: dict[str, Size] = {
    "full": Size(
        residents=2_000, orders=10, regular_orders=150, batches=100, drained=5_000, sealed=20_000,
        opened=1_000, entries=5_000, proofs=100, leaves=1_000_000, claimed=1_000, rounds=7,
    ),
    "small": Size(
        residents=400, orders=5, regular_orders=150, batches=40, drained=1_000, sealed=5_000,
        opened=250, entries=1_000, proofs=50, leaves=1_000_000, claimed=250, rounds=5,
    ),
    # for the test that every benchmark runs
    "tiny": Size(
        residents=16, orders=4, regular_orders=5, batches=2, drained=200, sealed=20, opened=10,
        entries=50, proofs=3, leaves=1_000, claimed=10, rounds=2,
    ),
}  # fmt: skip
DEFAULT = "full"
