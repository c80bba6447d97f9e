"""The unified record of a person, without direct identifiers, and its category tables."""
