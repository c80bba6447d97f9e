"""What people permit, and the only door to their data."""
