"""From identifiers to one profile."""
