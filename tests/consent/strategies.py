"""Random people, statements and rules for the fold."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from cdp.kernel.protected import Category
from consent.bits import Facts, Rule, Statement
from consent.catalog import BY_KEY, CATALOG

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
STATES = (
    "granted", "granted", "granted", "refused", "withdrawn", "revoked", "expired", "invalidated",
    "requested", "deferred",
)  # fmt: skip
# The purposes that steps of the fold differ in: each basis, folded, required, gpc, channel.
TELLING = (
    "service", "legal", "fraud", "analytics.aggregate", "marketing.email", "marketing.sms",
    "profiling.segmentation", "profiling.scoring", "pricing.personal", "share.audience_export",
    "share.sale", "train_model", "marketing.email.personalized", "research.dp", "rights",
    "train_model.scoring", "operations",
)  # fmt: skip

# whole days around noon, so that equal instants happen
instants = st.integers(-4, 1).map(lambda days: NOON + timedelta(days=days))
categories = st.sampled_from(Category)

facts = st.builds(
    Facts,
    age=st.sampled_from(["adult", "adult_declared", "minor_guardian", "minor", "unknown"]),
    gpc=st.booleans(),
    gpc_at=st.none() | instants,
    restricted=st.sampled_from([False, False, True]),
    erased=st.sampled_from([False, False, False, True]),
    refused_categories=st.frozensets(categories, max_size=3),
    closed_channels=st.frozensets(st.sampled_from(["email", "sms"]), max_size=1),
)


@st.composite
def statements(draw: st.DrawFn, *, subjects: tuple[str, ...] = ("a", "b", "c")) -> Statement:
    """Return one statement; only subject “a” can decide as the merged person."""
    subject = draw(st.sampled_from(subjects))
    return Statement(
        purpose=draw(st.sampled_from([*TELLING, "never.heard.of"])),
        state=draw(st.sampled_from(STATES)),
        said_at=draw(instants),
        expires_at=draw(st.none() | instants),
        notice_number=draw(st.integers(0, 2)),
        method=draw(st.sampled_from(["portal", "ask_again"])),
        subject=subject,
        anonymous=draw(st.sampled_from([False, False, True])),
        decides=subject == "a" and draw(st.booleans()),
    )


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Rule]:
    """Return the catalogue as an operator may have set it; a purpose may be missing."""
    gone = draw(st.sampled_from([None, None, None, *TELLING]))
    return {
        spec.key: Rule(
            spec,
            open=spec.open or draw(st.booleans()),
            min_notice=draw(st.sampled_from([0, 0, 1, 2])),
        )
        for spec in CATALOG
        if spec.key in TELLING and spec.key != gone
    }


RULES = {key: Rule(BY_KEY[key]) for key in BY_KEY}
