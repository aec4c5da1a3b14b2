"""Who is calling. Reads headers only; knows errors and context, and nothing of faces or Flask."""
