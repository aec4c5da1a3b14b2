"""The parts of `lineament bench gallery`, one file each, and what they are measured on."""
