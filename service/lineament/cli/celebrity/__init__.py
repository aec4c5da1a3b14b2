"""The gallery of celebrities from outside: reading a manifest, importing, removing."""
