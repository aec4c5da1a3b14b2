"""Many pictures at once: where they are listed, how they are read, and what became of each."""
