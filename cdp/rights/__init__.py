"""What people may ask for by law, across all apps: so far, to be erased."""
