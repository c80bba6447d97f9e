"""One message to a segment, once."""
