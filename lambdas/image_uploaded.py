"""Pictures that were put into a bucket, indexed: S3 -> SQS -> this.

What S3 or DynamoDB is too busy for comes again, message by message, and goes to the dead letters
in the end; a picture that IndexFaces will never take is told in the log and counted.
"""

from typing import Any

from lambdas import container, invocation
from lineament.jobs.batches import work_through
from lineament.jobs.uploads import Uploads
from lineament.storage.notices import Notices


def handler(event: Any, context: Any) -> dict[str, list[dict[str, str]]]:  # noqa: ANN401
    """Index the pictures of a batch of notifications, and tell Lambda which ones failed.

    Raises:
        LineamentError: the event is none of an SQS queue.
    """
    application = container.application()
    uploads = Uploads(
        application,
        container.objects(),
        container.scope(),
        container.settings().upload_prefix,
        Notices(application.tables),
    )
    with invocation.losses_told(context, __name__):
        return work_through(event, invocation.name(context, __name__), uploads.take)
