"""Operators at the door: sign in, prove it again, two steps, devices; language and theme."""
