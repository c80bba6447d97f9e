"""Benchmarks: ratios against a named limit or peer in the same run, never a time by itself."""
