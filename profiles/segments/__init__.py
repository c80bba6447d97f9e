"""Rules, and who matches them now."""
