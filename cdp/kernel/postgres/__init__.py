"""Django's PostgreSQL back end with a bell: people's tables are named only inside a window."""
