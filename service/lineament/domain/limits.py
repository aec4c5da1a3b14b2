"""The wire's limits that the service model does not state. Source: SPEC.md B, D.1."""

DEFAULT_PAGE = 1000
"""MaxResults of ListCollections and ListFaces where it is absent or 0."""
DEFAULT_MATCHES = 4096
"""MaxFaces of the searches where it is absent."""
DEFAULT_THRESHOLD = 80.0
"""Similarity below which a face is no match, where the caller gives none."""
DEFAULT_USERS = 500
"""MaxResults of ListUsers and MaxUsers of the searches where they are absent."""
FACES_PER_USER = 100
USER_MATCH_THRESHOLD = 75.0
"""Similarity to its user below which AssociateFaces refuses a face, where the caller gives none."""
MAX_FACES_PER_IMAGE = 100
"""Only this many faces of a picture, the largest, are considered."""
MAX_CELEBRITY_FACES = 64
"""Only this many faces of a picture, the largest, are told by RecognizeCelebrities."""
MAX_S3_IMAGE_BYTES = 15 * 1024 * 1024
PAGE_TOKEN_SECONDS = 24 * 3600
REQUEST_TOKEN_SECONDS = 7 * 24 * 3600
"""How long a ClientRequestToken is remembered."""
MAX_TAGS = 50
"""Tags of a resource. The model allows 200 in a call."""
