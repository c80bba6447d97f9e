"""What people may ask for by law."""
