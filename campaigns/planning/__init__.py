"""Campaigns and their audiences."""
