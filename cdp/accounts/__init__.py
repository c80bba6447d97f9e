"""Operators, roles, API keys, customers' sign-ins."""
