"""What `lineament audit` is made of: one file an action."""
