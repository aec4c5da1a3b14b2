"""Which resource a ResourceArn names. Source: SPEC.md A.9."""

import re
from dataclasses import dataclass

from lineament.context import Scope
from lineament.errors import InvalidParameterException

COLLECTION = "collection"
_NAME = r"[a-zA-Z0-9_.\-]{1,255}"
_ARN = re.compile(r"(?:arn:)?([^:]*):rekognition:([^:]*):([^:]*):(.*)", re.DOTALL)
_RESOURCES = {
    COLLECTION: re.compile(rf"collection/({_NAME})"),
    "stream processor": re.compile(rf"streamprocessor/({_NAME})"),
    "project": re.compile(rf"project/({_NAME}/[0-9]+)"),
    "project version": re.compile(rf"project/({_NAME}/version/{_NAME}/[0-9]+)"),
    "dataset": re.compile(rf"project/({_NAME}/dataset/(?:train|test)/[0-9]+)"),
}


@dataclass(frozen=True, slots=True)
class Resource:
    """What an ARN names, whether there is one or not."""

    kind: str
    """`COLLECTION`, or the name of another kind, as messages have it."""
    name: str


def read_arn(arn: str, scope: Scope) -> Resource:
    """Return the resource that an ARN names.

    Args:
        arn: with the leading `arn:` or without, as AWS's samples print it.
        scope: the caller's; its resources are the only ones that a caller may name.

    Raises:
        InvalidParameterException: it is no ARN of Rekognition's, or of another partition, region
            or account. The message tells which.
    """
    parts = _ARN.fullmatch(arn)
    if parts is None:
        raise _invalid("is no ARN of a Rekognition resource")
    partition, region, account, rest = parts.groups()
    for name, found, own in (
        ("partition", partition, scope.partition),
        ("region", region, scope.region),
        ("account", account, scope.account),
    ):
        if found != own:
            raise _invalid(f"is not of this call's {name}, {own}")
    for kind, pattern in _RESOURCES.items():
        resource = pattern.fullmatch(rest)
        if resource is not None:
            return Resource(kind, resource[1])
    raise _invalid(f"names none of: {', '.join(_RESOURCES)}")


def _invalid(why: str) -> InvalidParameterException:
    return InvalidParameterException(f"Request has invalid parameters: ResourceArn {why}")
