"""One algorithm a module, loaded by name when a worker needs it."""
