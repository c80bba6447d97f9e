"""What is known about a profile."""
