"""Candor: the customer data platform that can explain itself."""
