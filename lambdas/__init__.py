"""Lambda entries: one thin file per function, over the package's Application."""
