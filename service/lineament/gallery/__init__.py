"""The vectors of a collection in memory: exact search, kept level with the change log."""
