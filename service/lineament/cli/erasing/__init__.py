"""What `lineament erase` is made of."""
