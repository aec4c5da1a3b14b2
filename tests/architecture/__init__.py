"""What the layout promises. The import direction itself is checked by `lint-imports`."""
