"""CreateCollection, DescribeCollection, ListCollections, DeleteCollection. Source: SPEC B.1-B.4."""

import uuid

from lineament.context import CallContext
from lineament.domain.collections import Collection
from lineament.domain.limits import DEFAULT_PAGE
from lineament.domain.paging import Listing, issue_token, read_token
from lineament.domain.rules import read_rules
from lineament.domain.similarity import FaceModel
from lineament.domain.tags import merge, require_own
from lineament.errors import (
    InvalidParameterException,
    ResourceAlreadyExistsException,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
)
from lineament.handlers.services import Output, Params, Services


def require_collection(services: Services, call: CallContext, collection_id: str) -> Collection:
    """Return the caller's collection of that id.

    Raises:
        ResourceNotFoundException: there is none.
    """
    collection = services.collections.find(call.scope, collection_id)
    if collection is None:
        raise ResourceNotFoundException(f"The collection id: {collection_id} does not exist")
    return collection


def require_searchable(
    services: Services, call: CallContext, collection_id: str
) -> tuple[Collection, FaceModel]:
    """Return the collection and the face model that made its vectors.

    Raises:
        ResourceNotFoundException: there is no such collection.
        InvalidParameterException: it is bound to a FaceModelVersion that this service does not run.
    """
    collection = require_collection(services, call, collection_id)
    model = services.models.of(collection.model_version)
    if model is None:
        raise InvalidParameterException(
            f"Request has invalid parameters: collection {collection_id} is bound to "
            f"FaceModelVersion {collection.model_version} and this service runs "
            f"{', '.join(services.models.versions())}; vectors of different versions are never "
            "compared"
        )
    return collection, model


def create_collection(services: Services, call: CallContext, params: Params) -> Output:
    """Make an empty collection, bound to the face model that the settings give its name.

    The quota is looked at before the name is taken: callers at the same moment can each pass it
    by one collection.
    """
    name, tags = params["CollectionId"], params.get("Tags", {})
    require_own(tags)
    read_rules(tags)
    if services.collections.find(call.scope, name) is not None:
        raise ResourceAlreadyExistsException(f"The collection id: {name} already exists")
    quota = services.quotas.collections
    if services.collections.count(call.scope) >= quota:
        raise ServiceQuotaExceededException(
            f"This account has {quota} collections in {call.scope.region}, its maximum"
        )
    collection = Collection(
        scope=call.scope,
        collection_id=name,
        generation=uuid.uuid4().hex,
        model_version=services.models.for_new(name).version,
        created=call.now,
        tags=merge({}, tags),
    )
    services.collections.create(collection)
    return {
        "StatusCode": 200,
        "CollectionArn": call.scope.collection_arn(name),
        "FaceModelVersion": collection.model_version,
    }


def describe_collection(services: Services, call: CallContext, params: Params) -> Output:
    """Tell a collection's size, model and age."""
    collection = require_collection(services, call, params["CollectionId"])
    view = services.gallery.sync(collection)
    return {
        "FaceCount": len(view),
        "UserCount": len(view.membership),
        "FaceModelVersion": collection.model_version,
        "CollectionARN": call.scope.collection_arn(collection.collection_id),
        "CreationTimestamp": collection.created,
    }


def list_collections(services: Services, call: CallContext, params: Params) -> Output:
    """List the caller's collections by id, a page at a time."""
    limit = params.get("MaxResults") or DEFAULT_PAGE
    listing = Listing((call.scope.account, call.scope.region, call.operation))
    key = services.secrets.paging_key()
    after = read_token(key, listing, params.get("NextToken"), call.now)
    found = services.collections.page(call.scope, after, limit + 1)
    page = found[:limit]
    more = len(found) > limit
    return {
        "CollectionIds": [collection.collection_id for collection in page],
        "FaceModelVersions": [collection.model_version for collection in page],
        "NextToken": issue_token(key, listing, page[-1].collection_id, call.now) if more else None,
    }


def delete_collection(services: Services, call: CallContext, params: Params) -> Output:
    """Drop a collection and everything in it; the name is free at once."""
    collection = require_collection(services, call, params["CollectionId"])
    while not services.collections.delete(collection):
        now = require_collection(services, call, collection.collection_id)
        if now.lineage != collection.lineage:
            raise ResourceNotFoundException(
                f"The collection id: {collection.collection_id} does not exist"
            )
        collection = now  # It moved to another face model between the two calls.
    services.gallery.drop(collection)
    return {"StatusCode": 200}
