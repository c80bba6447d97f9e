"""The customers' door: what we hold, what they allow, who used it and why."""
