"""Template tags shared by console and portal."""
