"""Templates, versions, rendering, preview."""
