"""TagResource, UntagResource, ListTagsForResource. Source: SPEC B.19.

Some tags are rules on the collection: through here they can be tightened and not loosened.
"""

from collections.abc import Mapping

from lineament.context import CallContext
from lineament.domain.arns import COLLECTION, read_arn
from lineament.domain.collections import Collection
from lineament.domain.ports import Retagging
from lineament.domain.rules import require_no_looser
from lineament.domain.tags import merge, require_own
from lineament.errors import ResourceNotFoundException
from lineament.handlers.collections import require_collection
from lineament.handlers.services import Output, Params, Services


def tag_resource(services: Services, call: CallContext, params: Params) -> Output:
    """Add tags to a collection; a key that it has gets the new value."""
    given = params["Tags"]
    require_own(given)
    collection = _require_tagged(services, call, params)
    _retag(services, collection, lambda tags: merge(tags, given))
    return {}


def untag_resource(services: Services, call: CallContext, params: Params) -> Output:
    """Take tags off a collection; keys that it does not have are passed over."""
    gone = frozenset(params["TagKeys"])
    collection = _require_tagged(services, call, params)
    _retag(services, collection, lambda tags: {key: tags[key] for key in tags if key not in gone})
    return {}


def list_tags_for_resource(services: Services, call: CallContext, params: Params) -> Output:
    """Tell all tags of a collection."""
    collection = _require_tagged(services, call, params)
    return {"Tags": dict(sorted(collection.tags.items()))}


def _retag(services: Services, collection: Collection, change: Retagging) -> None:
    def obeying(tags: Mapping[str, str]) -> Mapping[str, str]:
        after = change(tags)
        require_no_looser(tags, after)
        return after

    services.collections.retag(collection, obeying)


def _require_tagged(services: Services, call: CallContext, params: Params) -> Collection:
    """Return the collection of the ResourceArn; of the other kinds this service has none."""
    resource = read_arn(params["ResourceArn"], call.scope)
    if resource.kind != COLLECTION:
        raise ResourceNotFoundException(f"The {resource.kind}: {resource.name} does not exist")
    return require_collection(services, call, resource.name)
