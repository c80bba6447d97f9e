"""What came of a message: clicks, unsubscribes."""
