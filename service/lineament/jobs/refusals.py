"""Errors that the same picture would meet again."""

from lineament.domain.consent import NoConsent
from lineament.errors import (
    ImageTooLargeException,
    InternalServerError,
    InvalidImageFormatException,
    InvalidParameterException,
    InvalidS3ObjectException,
    ServiceQuotaExceededException,
    ValidationException,
)

UNREADABLE = (
    ImageTooLargeException,
    InvalidImageFormatException,
    InvalidParameterException,
    InvalidS3ObjectException,
)
"""What is raised for a picture that the next try would not get either."""

BAD_REQUEST = (
    ImageTooLargeException,
    InvalidImageFormatException,
    InvalidParameterException,
    ValidationException,
)
"""What IndexFaces raises for a picture, or its names, that it will never take.

InvalidS3ObjectException is none of them: a right that is missing raises it as well.
"""

OF_ONE_PICTURE = (
    InternalServerError,
    InvalidS3ObjectException,
    NoConsent,
    ServiceQuotaExceededException,
)
"""What one picture of a job meets, and the next one may not; waiting alone seldom cures it.

A user, say, is full, an object was deleted or is another's, nobody has consented yet, or a picture
shows a fault of ours.
"""
