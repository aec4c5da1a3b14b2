"""The parts of `lineament bench vision`, one file each: what is measured, and against what."""
