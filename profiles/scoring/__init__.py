"""Models and their scores."""
