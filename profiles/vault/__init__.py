"""The only place for personal values: puts, finds, opens."""
