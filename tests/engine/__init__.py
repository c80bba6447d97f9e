"""Tests of the analytical engine."""
