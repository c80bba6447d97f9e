"""The one way in: accept, journal, clean, append; and the event log's readers."""
