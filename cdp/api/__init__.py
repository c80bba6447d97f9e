"""The REST door: tracking for whoever sends events, the management API for whoever runs things."""
