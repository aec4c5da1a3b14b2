"""Errors that the same picture would meet again."""

from lineament.errors import (
    ImageTooLargeException,
    InvalidImageFormatException,
    InvalidParameterException,
    InvalidS3ObjectException,
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
