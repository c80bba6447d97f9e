"""The outbox: lease, send, sweep."""
