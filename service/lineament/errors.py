"""Every error that may leave the service, with the code and status that clients see.

    LineamentError                       anything of ours; never leaves as it is
    ├── CannotStart                      a server that meets it stops
    └── WireError                        code, status, dialect
        ├── ServiceError                 by the face service: {"__type","Code","Logref","Message"}
        │   ├── AccessDeniedException
        │   ├── ConflictException
        │   ├── IdempotentParameterMismatchException
        │   ├── ImageTooLargeException
        │   ├── InvalidImageFormatException
        │   ├── InvalidPaginationTokenException
        │   ├── InvalidParameterException
        │   ├── InvalidS3ObjectException
        │   ├── ProvisionedThroughputExceededException
        │   ├── ResourceAlreadyExistsException
        │   ├── ResourceNotFoundException
        │   ├── ServiceQuotaExceededException
        │   ├── ThrottlingException
        │   └── InternalServerError
        └── FrameworkError               routing, authentication, parsing: {"__type","message"}
            ├── UnknownOperationException
            ├── SerializationException
            ├── ValidationException
            ├── MissingAuthenticationTokenException
            ├── IncompleteSignatureException
            ├── InvalidSignatureException
            ├── UnrecognizedClientException
            ├── ExpiredTokenException
            ├── RequestEntityTooLargeException
            └── ServiceUnavailable

A message names the member and the limit, and never holds pixels, vectors, secrets or file paths.
Source: SPEC.md A.3, A.4.
"""


class LineamentError(Exception):
    """The root of everything that this package raises on purpose."""


class CannotStart(LineamentError):
    """Waiting does not cure it: somebody has to install or set something. The message says what."""


class WireError(LineamentError):
    """An error with a place on the wire.

    Attributes:
        code: the `__type` that SDKs map to their exception class.
        status: the HTTP status.
        message: what the client reads.
    """

    code: str
    status: int = 400
    default_message: str = ""

    def __init__(self, message: str | None = None) -> None:
        """Take `message`, or the class's default where it is None."""
        self.message = self.default_message if message is None else message
        super().__init__(self.message)

    def __init_subclass__(cls) -> None:
        """Name the wire code after the class; one that refines it elsewhere is told as it is."""
        if cls.__module__ == __name__:  # Clients know no other codes than these.
            cls.code = cls.__name__


class ServiceError(WireError):
    """Raised by the face service itself; the model declares it for the operation."""


class FrameworkError(WireError):
    """Raised before an operation runs; not in the service model."""


class AccessDeniedException(ServiceError):
    """The caller may not do this, or this deployment does not offer it."""


class ConflictException(ServiceError):
    """A user of that id exists, or another call is changing it."""


class IdempotentParameterMismatchException(ServiceError):
    """The ClientRequestToken came before, with other parameters."""


class ImageTooLargeException(ServiceError):
    """The image holds too many bytes or pixels."""

    default_message = "Image size is too large."


class InvalidImageFormatException(ServiceError):
    """The bytes are not a JPEG or PNG that can be decoded."""

    default_message = "Request has invalid image format"


class InvalidPaginationTokenException(ServiceError):
    """The token is stale, edited, or was given for another listing."""

    default_message = "Invalid Pagination Token"


class InvalidParameterException(ServiceError):
    """The parameters are well formed and cannot be served."""

    default_message = "Request has invalid parameters"


class InvalidS3ObjectException(ServiceError):
    """The S3 object is missing, forbidden, or elsewhere."""

    default_message = (
        "Unable to get object metadata from S3. Check object key, region and/or access permissions."
    )


class ProvisionedThroughputExceededException(ServiceError):
    """Too many calls for the provisioned rate."""

    default_message = "Provisioned rate exceeded."


class ResourceAlreadyExistsException(ServiceError):
    """A resource of that name exists."""


class ResourceNotFoundException(ServiceError):
    """No resource of that name exists."""


class ServiceQuotaExceededException(ServiceError):
    """The call would pass a quota; nothing was stored."""


class ThrottlingException(ServiceError):
    """The service is briefly unable to take more."""

    status = 500
    default_message = "Service Unavailable"


class InternalServerError(ServiceError):
    """Our fault. The cause is in the server's log, under the request id."""

    status = 500
    default_message = "Internal server error"


class UnknownOperationException(FrameworkError):
    """X-Amz-Target is missing or names no operation."""


class SerializationException(FrameworkError):
    """The body is not JSON, not an object, or holds a member of another type."""


class ValidationException(FrameworkError):
    """A member breaks a constraint of the service model."""


class MissingAuthenticationTokenException(FrameworkError):
    """There is no Authorization header."""

    default_message = "Missing Authentication Token"


class IncompleteSignatureException(FrameworkError):
    """The Authorization header cannot be read."""


class InvalidSignatureException(FrameworkError):
    """The signature or its credential scope is wrong."""


class UnrecognizedClientException(FrameworkError):
    """Nobody knows the access key, or it is revoked, or its session token is another."""

    default_message = "The security token included in the request is invalid."


class ExpiredTokenException(FrameworkError):
    """The temporary key's time is over."""

    default_message = "The security token included in the request is expired"


class RequestEntityTooLargeException(FrameworkError):
    """The body is over the cap."""

    status = 413


class ServiceUnavailable(FrameworkError):
    """Starting, draining, or a dependency such as DynamoDB does not answer; try again."""

    status = 503
    default_message = "Service Unavailable"
