"""Where keyrings are kept: a file, the environment, or a file that a key service wraps."""
