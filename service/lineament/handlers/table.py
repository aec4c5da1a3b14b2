"""The operations that are built: name on the wire to handler."""

from lineament.handlers.analysis import compare_faces, detect_faces
from lineament.handlers.celebrities import get_celebrity_info, recognize_celebrities
from lineament.handlers.collections import (
    create_collection,
    delete_collection,
    describe_collection,
    list_collections,
)
from lineament.handlers.faces import delete_faces, index_faces, list_faces
from lineament.handlers.membership import associate_faces, disassociate_faces
from lineament.handlers.search import search_faces, search_faces_by_image
from lineament.handlers.services import Handler
from lineament.handlers.tags import list_tags_for_resource, tag_resource, untag_resource
from lineament.handlers.user_search import search_users, search_users_by_image
from lineament.handlers.users import create_user, delete_user, list_users

OPERATIONS: dict[str, Handler] = {
    "AssociateFaces": associate_faces,
    "CompareFaces": compare_faces,
    "CreateCollection": create_collection,
    "CreateUser": create_user,
    "DeleteCollection": delete_collection,
    "DeleteFaces": delete_faces,
    "DeleteUser": delete_user,
    "DescribeCollection": describe_collection,
    "DetectFaces": detect_faces,
    "DisassociateFaces": disassociate_faces,
    "GetCelebrityInfo": get_celebrity_info,
    "IndexFaces": index_faces,
    "ListCollections": list_collections,
    "ListFaces": list_faces,
    "ListTagsForResource": list_tags_for_resource,
    "ListUsers": list_users,
    "RecognizeCelebrities": recognize_celebrities,
    "SearchFaces": search_faces,
    "SearchFacesByImage": search_faces_by_image,
    "SearchUsers": search_users,
    "SearchUsersByImage": search_users_by_image,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
}
