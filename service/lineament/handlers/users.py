"""CreateUser, DeleteUser, ListUsers. Source: SPEC.md B.10-B.12."""

from collections.abc import Callable

from lineament.context import CallContext
from lineament.domain import ids
from lineament.domain.collections import Collection, UserChange
from lineament.domain.idempotency import Attempt
from lineament.domain.limits import DEFAULT_USERS
from lineament.domain.paging import Listing, issue_token, read_token
from lineament.domain.ports import GalleryView
from lineament.domain.standing import Settled
from lineament.domain.users import User
from lineament.errors import (
    ConflictException,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
)
from lineament.handlers import shapes
from lineament.handlers.collections import require_collection
from lineament.handlers.once import once
from lineament.handlers.services import Output, Params, Services


def require_user(collection: Collection, view: GalleryView, user_id: str) -> User:
    """Return a user of a collection.

    Raises:
        ResourceNotFoundException: there is none of that id.
    """
    user = view.membership.find(ids.user_key(collection.lineage, user_id))
    if user is None:
        raise no_user(collection, user_id)
    return user


def no_user(collection: Collection, user_id: str) -> ResourceNotFoundException:
    """Return the error to raise where a collection has no such user."""
    return ResourceNotFoundException(
        f"The user id: {user_id} does not exist in collection {collection.collection_id}"
    )


def settle_once(
    services: Services,
    collection: Collection,
    attempt: Attempt,
    plan: Callable[[GalleryView], UserChange],
) -> Settled:
    """Commit what `plan` makes of the collection, or find what the attempt has committed before.

    Args:
        services: the ports.
        collection: as it was read for the call.
        attempt: of the call; see `once`.
        plan: decides on the change; may raise instead.
    """
    view = services.gallery.sync(collection)
    done = services.users.recall(collection, attempt, view)
    if done is not None:
        return done
    return services.users.commit(collection, view, plan(view), attempt)


def create_user(services: Services, call: CallContext, params: Params) -> Output:
    """Make a user without faces."""
    collection = require_collection(services, call, params["CollectionId"])
    user_id = params["UserId"]
    key = ids.user_key(collection.lineage, user_id)

    def plan(view: GalleryView) -> UserChange:
        if view.membership.find(key) is not None:
            raise _exists(collection, user_id)
        quota = services.quotas.users
        if len(view.membership) >= quota:
            raise ServiceQuotaExceededException(
                f"Collection {collection.collection_id} has {quota} users, its maximum"
            )
        return UserChange("create", key, user_id)

    def work(attempt: Attempt) -> Output:
        done = settle_once(services, collection, attempt, plan)
        if not done.effect.changed:  # another caller's came first
            raise _exists(collection, user_id)
        return {}

    return once(services, call, params, collection, work)


def delete_user(services: Services, call: CallContext, params: Params) -> Output:
    """Remove a user; its faces stay in the collection and belong to nobody."""
    collection = require_collection(services, call, params["CollectionId"])
    user_id = params["UserId"]

    def plan(view: GalleryView) -> UserChange:
        return UserChange("delete", require_user(collection, view, user_id).key)

    def work(attempt: Attempt) -> Output:
        done = settle_once(services, collection, attempt, plan)
        if done.effect.before is None:  # another caller's came first
            raise no_user(collection, user_id)
        services.users.forget_name(collection, done.effect.before.seq)
        return {}

    return once(services, call, params, collection, work)


def list_users(services: Services, call: CallContext, params: Params) -> Output:
    """List a collection's users in the order of an internal id, a page at a time."""
    collection = require_collection(services, call, params["CollectionId"])
    view = services.gallery.sync(collection)
    limit = params.get("MaxResults") or DEFAULT_USERS
    listing = Listing((call.scope.account, call.scope.region, call.operation, collection.lineage))
    key = services.secrets.paging_key()
    after = read_token(key, listing, params.get("NextToken"), call.now)
    found = view.user_page(after, limit + 1)
    page = found[:limit]
    more = len(found) > limit
    return {
        "Users": [shapes.user(each) for each in page],
        "NextToken": issue_token(key, listing, page[-1].key, call.now) if more else None,
    }


def _exists(collection: Collection, user_id: str) -> ConflictException:
    return ConflictException(
        f"The user id: {user_id} already exists in collection {collection.collection_id}"
    )
