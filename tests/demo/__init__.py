"""The demo: the sample, its people, what they say, and how it is loaded."""
