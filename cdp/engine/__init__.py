"""The analytical engine: one expression, several places to run it."""
