"""The Lambda entries."""
