"""Work that nobody waits for: uploads, queued jobs, moves of collections."""
