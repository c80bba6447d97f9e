"""What we do with it."""
