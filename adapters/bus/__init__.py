"""Ways to announce that a conversation is due."""
