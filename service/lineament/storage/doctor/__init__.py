"""What `lineament doctor` looks at: does the table hold what the service has promised?

It reads and changes nothing. It decodes and folds logs by itself, in the plainest way, and shares
no code with `storage/entries.py` and `domain/users.py`: a mistake there shows as a difference here.
Snapshots are read as their readers do, and compared with that fold.
"""
