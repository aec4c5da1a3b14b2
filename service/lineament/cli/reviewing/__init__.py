"""What `lineament review` does."""
