"""Keys as operators see them: rotate, wrap anew, retire, destroy, each on the record."""
