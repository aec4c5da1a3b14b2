"""What DynamoDB's and S3's errors mean on our wire. The one place that decides it."""

import logging

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    UnknownRegionError,
)

from lineament.errors import (
    ImageTooLargeException,
    InternalServerError,
    InvalidS3ObjectException,
    LineamentError,
    ProvisionedThroughputExceededException,
    ServiceUnavailable,
    WireError,
)

_log = logging.getLogger(__name__)

_DYNAMODB_THROTTLES = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
    }
)
_DYNAMODB_ABSENT = frozenset({"ResourceNotFoundException", "ResourceInUseException"})
_S3_THROTTLES = frozenset({"SlowDown", "Throttling", "ThrottlingException", "TooManyRequests"})
_S3_REASONS = {
    "NoSuchBucket": "There is no such bucket.",
    "NoSuchKey": "There is no such object.",
    "NoSuchVersion": "There is no such version.",
    "MethodNotAllowed": "The version is a delete marker.",
    "InvalidObjectState": "The object is archived.",
    "PermanentRedirect": "The bucket is in another region.",
    "AuthorizationHeaderMalformed": "The bucket is in another region.",
    "IllegalLocationConstraintException": "The bucket is in another region.",
    "301": "The bucket is in another region.",
    "307": "The bucket is in another region.",
}
_SERVER_FAULT = 500


class ConditionFailed(LineamentError):
    """A conditional write found something else; never leaves this room.

    Attributes:
        item: what is there, as DynamoDB's attribute values, or None where nothing is.
    """

    def __init__(self, item: dict[str, dict[str, object]] | None) -> None:
        """Keep the item."""
        super().__init__("a conditional write found another item")
        self.item = item


def from_dynamodb(error: ClientError | BotoCoreError) -> LineamentError:
    """Return the error to raise for what a DynamoDB client raised."""
    if not isinstance(error, ClientError):
        return _without_answer(error)
    code = error.response.get("Error", {}).get("Code", "")
    if code == "ConditionalCheckFailedException":
        return ConditionFailed(error.response.get("Item") or None)
    _log.warning("DynamoDB: %s", code)
    if code in _DYNAMODB_THROTTLES:
        return ProvisionedThroughputExceededException()
    if code in _DYNAMODB_ABSENT:
        return ServiceUnavailable("The DynamoDB table is not there yet; try again")
    if _status(error) >= _SERVER_FAULT:
        return ServiceUnavailable("DynamoDB does not answer; try again")
    return InternalServerError()


def _without_answer(error: BotoCoreError) -> ServiceUnavailable:
    _log.warning("DynamoDB: %s", type(error).__name__)
    if isinstance(error, (NoCredentialsError, PartialCredentialsError)):
        return ServiceUnavailable("There are no credentials for DynamoDB")
    return ServiceUnavailable("DynamoDB does not answer; try again")


def from_s3(error: ClientError | BotoCoreError) -> WireError:
    """Return the error to raise for what an S3 client raised while it read an object.

    Whoever may not read an object learns no more than its bucket's owner lets S3 tell.
    """
    if isinstance(error, ParamValidationError):
        return _invalid_object("The bucket name or key is not a valid one.")
    if isinstance(error, UnknownRegionError):
        return _invalid_object("There is no such region.")
    if not isinstance(error, ClientError):
        _log.warning("S3: %s", type(error).__name__)
        return ServiceUnavailable("S3 does not answer; try again")
    code = str(error.response.get("Error", {}).get("Code", ""))
    if code in _S3_THROTTLES:
        return ProvisionedThroughputExceededException("S3 download limit exceeded.")
    if code == "RequestTimeout" or _status(error) >= _SERVER_FAULT:
        _log.warning("S3: %s", code)
        return ServiceUnavailable("S3 does not answer; try again")
    return _invalid_object(_S3_REASONS.get(code, "S3 refused the request."))


def too_large(found: int, limit: int) -> ImageTooLargeException:
    """Return the error for an object of `found` bytes."""
    return ImageTooLargeException(
        f"Image size is too large. The S3 object has {found} bytes; the limit is {limit}"
    )


def _invalid_object(reason: str) -> InvalidS3ObjectException:
    return InvalidS3ObjectException(f"{InvalidS3ObjectException.default_message} {reason}")


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
