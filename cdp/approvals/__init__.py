"""The second pair of eyes: what one operator asks for, another decides."""
