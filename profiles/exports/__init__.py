"""Exports: a segment's people in a sealed file, under a purpose, for one download."""
