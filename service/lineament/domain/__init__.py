"""Pure rules: boxes, quality, similarity, ranking, paging, ids, limits.

Code here does no I/O, reads no clock, no environment and no randomness, and imports numpy at most.
"""
