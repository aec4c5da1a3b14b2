"""Where `lineament keys` keeps access keys, and how it tells them."""
