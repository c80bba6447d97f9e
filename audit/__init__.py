"""Audit remembers: every act on a person, in a log whose every line can be proved."""
