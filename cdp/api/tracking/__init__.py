"""The front door: Segment-compatible tracking."""
