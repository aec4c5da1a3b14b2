"""One call: who asks, in which account and region, when, and under which request id."""

from dataclasses import dataclass

_PARTITIONS = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"))


@dataclass(frozen=True, slots=True)
class Scope:
    """The account and region that own collections; equal ids in two scopes never meet.

    Source: SPEC.md A.9.
    """

    account: str
    region: str

    @property
    def partition(self) -> str:
        """The ARN partition of the region: aws, aws-cn or aws-us-gov."""
        for prefix, partition in _PARTITIONS:
            if self.region.startswith(prefix):
                return partition
        return "aws"

    def collection_arn(self, collection_id: str) -> str:
        """Return the full ARN of a collection, `arn:` prefix included."""
        return (
            f"arn:{self.partition}:rekognition:{self.region}:{self.account}"
            f":collection/{collection_id}"
        )


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling: as the request says, or, where signatures are verified, as it has proved."""

    access_key_id: str
    account: str
    name: str = ""
    """Of the user whose key it is; empty where nobody asked for proof."""
    arn: str = ""
    """Such as arn:aws:iam::123456789012:user/door; empty where nobody asked for proof."""


@dataclass(frozen=True, slots=True)
class CallContext:
    """What a handler may know about the call, beside its parameters."""

    scope: Scope
    principal: Principal
    operation: str
    """The operation's name in AWS's casing, such as IndexFaces."""
    request_id: str
    """A UUID; the same as the x-amzn-RequestId header of the answer."""
    now: float
    """Epoch seconds at which the request arrived."""
