"""What `lineament bench lambda` is made of: Lambda's runtime API, and functions that run on it."""
