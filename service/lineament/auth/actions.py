"""What each operation needs (actions, resources), and what its parameters tell policies.

Source: SPEC.md A.5, A.9; the default thresholds and limits are those of B.0.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lineament.context import Scope

_COLLECTION = (
    "AssociateFaces",
    "CreateCollection",
    "CreateUser",
    "DeleteCollection",
    "DeleteFaces",
    "DeleteUser",
    "DescribeCollection",
    "DisassociateFaces",
    "IndexFaces",
    "ListFaces",
    "ListUsers",
    "SearchFaces",
    "SearchFacesByImage",
    "SearchUsers",
    "SearchUsersByImage",
)
_TAGGED = ("ListTagsForResource", "TagResource", "UntagResource")
_ANYWHERE = (
    "CompareFaces",
    "DetectFaces",
    "GetCelebrityInfo",
    "ListCollections",
    "RecognizeCelebrities",
)
OFFERED = frozenset((*_COLLECTION, *_TAGGED, *_ANYWHERE))
"""The operations that this module knows the resources of."""
_NOT_OFFERED = """
CopyProjectVersion CreateDataset CreateFaceLivenessSession CreateProject CreateProjectVersion
CreateStreamProcessor DeleteDataset DeleteProject DeleteProjectPolicy DeleteProjectVersion
DeleteStreamProcessor DescribeDataset DescribeProjectVersions DescribeProjects
DescribeStreamProcessor DetectCustomLabels DetectLabels DetectModerationLabels
DetectProtectiveEquipment DetectText DistributeDatasetEntries GetCelebrityRecognition
GetContentModeration GetFaceDetection GetFaceLivenessSessionResults GetFaceSearch
GetLabelDetection GetMediaAnalysisJob GetPersonTracking GetSegmentDetection GetTextDetection
ListDatasetEntries ListDatasetLabels ListMediaAnalysisJobs ListProjectPolicies
ListStreamProcessors PutProjectPolicy StartCelebrityRecognition StartContentModeration
StartFaceDetection StartFaceLivenessSession StartFaceSearch StartLabelDetection
StartMediaAnalysisJob StartPersonTracking StartProjectVersion StartSegmentDetection
StartStreamProcessor StartTextDetection StopProjectVersion StopStreamProcessor
UpdateDatasetEntries UpdateStreamProcessor
"""
OPERATIONS = OFFERED.union(_NOT_OFFERED.split())
"""All that policies may name: AWS's model, and StartFaceLivenessSession, which streams."""

_COLLECTION_ID = re.compile(r"[a-zA-Z0-9_.\-]{1,255}")
PICTURES = ("Image", "SourceImage", "TargetImage")
"""The members that hold a picture, or point to one in S3."""
_SEARCHES: Mapping[str, tuple[str, str | None]] = {
    "CompareFaces": ("SimilarityThreshold", None),
    "SearchFaces": ("FaceMatchThreshold", "MaxFaces"),
    "SearchFacesByImage": ("FaceMatchThreshold", "MaxFaces"),
    "SearchUsers": ("UserMatchThreshold", "MaxUsers"),
    "SearchUsersByImage": ("UserMatchThreshold", "MaxUsers"),
}
_DEFAULT_THRESHOLD = 80.0
_DEFAULT_LIMITS = {"MaxFaces": 4096, "MaxUsers": 500}

Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Need:
    """One action on one resource."""

    action: str
    resource: str
    """An ARN, or `*`."""
    collection_id: str | None
    """The existing collection whose tags aws:ResourceTag means, if it means one's."""


def needs_of(operation: str, params: Params, scope: Scope) -> tuple[Need, ...]:
    """Return all that a caller must be allowed for a call.

    Args:
        operation: one of `OFFERED`.
        params: as `wire.schemas.parse` gives them.
        scope: the caller's.

    Raises:
        KeyError: the operation is not in `OFFERED`.
    """
    if operation not in OFFERED:
        raise KeyError(operation)
    resource, collection_id = _resource(operation, params, scope)
    needs = [Need(f"rekognition:{operation}", resource, collection_id)]
    if operation == "CreateCollection" and params.get("Tags"):
        needs.append(Need("rekognition:TagResource", resource, None))
    for member in PICTURES:
        pointer = params.get(member, {}).get("S3Object", {})
        if "Bucket" in pointer and "Name" in pointer:  # Else nothing is read: the handler refuses.
            version = "Version" in pointer
            needs.append(
                Need(
                    "s3:GetObjectVersion" if version else "s3:GetObject",
                    f"arn:{scope.partition}:s3:::{pointer['Bucket']}/{pointer['Name']}",
                    None,
                )
            )
    return tuple(needs)


def asked_of(operation: str, params: Params) -> dict[str, Any]:
    """Return the condition keys that the parameters tell, for `Context`: asked, or by default."""
    facts: dict[str, Any] = {}
    if operation in _SEARCHES:
        threshold, limit = _SEARCHES[operation]
        facts["lineament:FaceMatchThreshold"] = params.get(threshold, _DEFAULT_THRESHOLD)
        if limit is not None:
            facts["lineament:MaxFaces"] = params.get(limit, _DEFAULT_LIMITS[limit])
    tags = params.get("Tags") or {}
    if tags:
        facts["aws:RequestTag"] = tags
    keys = [*tags, *params.get("TagKeys", ())]
    if keys:
        facts["aws:TagKeys"] = keys
    return facts


def _resource(operation: str, params: Params, scope: Scope) -> tuple[str, str | None]:
    if operation in _ANYWHERE:
        return "*", None
    if operation in _TAGGED:
        given = params["ResourceArn"]
        arn = given if given.startswith("arn:") else f"arn:{given}"
        collection_id = arn.removeprefix(scope.collection_arn(""))
        return arn, collection_id if _COLLECTION_ID.fullmatch(collection_id) else None
    collection_id = params["CollectionId"]
    arn = scope.collection_arn(collection_id)
    return arn, None if operation == "CreateCollection" else collection_id
