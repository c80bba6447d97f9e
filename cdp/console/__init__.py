"""The operators' door: one module per screen."""
