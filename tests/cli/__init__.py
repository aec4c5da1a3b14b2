"""The `lineament` command, as a user runs it."""
