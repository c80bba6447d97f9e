"""Whatever a client sends becomes an event or is refused by name; nothing stops the drain."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from profiles.events import wire
from profiles.events.clean import EventRefused, clean

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
ODD = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "mei@example.com", "+8613800138000",
       10**400, 1e308, "\u0000", "Order Completed", "identify")  # fmt: skip
WITHIN = ("email", "phone", "name", "products", "price", "total", "traits", "consent",
          "categoryPreferences", "consentManagement")  # fmt: skip
NAMES = ("event", "name", "messageId", "anonymousId", "previousId", "groupId", "timestamp",
         "originalTimestamp", "sentAt", "properties", "traits", "context")  # fmt: skip
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(ODD)
)
odd = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WITHIN), inner, max_size=3)
    ),
    max_leaves=6,
)
calls = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["track", "identify", "page", "alias", "group"]) | odd,
        "userId": st.sampled_from(["mei-1", 7, None]) | odd,
    },
    optional=dict.fromkeys(NAMES, odd),
)


@given(call=calls, sent_at=odd, context=odd)
def test_every_call_becomes_an_event_or_is_refused_by_name(
    call: dict[str, Any], sent_at: Any, context: Any
) -> None:
    raw = json.dumps(call).encode()
    try:
        event = clean(
            wire.call(msgspec.Raw(raw)),
            source=UUID(int=1),
            received_at=NOON,
            sent_at=sent_at,
            shared_context=context,
            raw=raw,
        )
    except EventRefused as refusal:
        assert refusal.reason
    except msgspec.DecodeError:
        pass  # the pipeline keeps it as unreadable
    else:
        assert datetime(1900, 1, 1, tzinfo=UTC) <= event.happened_at <= NOON
        assert event.identifiers
        assert "mei@example.com" not in json.dumps([event.name, event.properties])
