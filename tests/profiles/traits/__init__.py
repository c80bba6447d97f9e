"""Tests of traits."""
