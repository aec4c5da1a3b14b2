"""Where each record lives.

| table | pk | sk | what |
|---|---|---|---|
| control | `ACCT#<account>#<region>` | `COL#<collection id>` | a collection, or its tombstone |
| control | `SCOPES` | `<account>#<region>` | a scope that has, or had, collections |
| control | `SECRET` | `PAGING` | the key that signs page tokens |
| faces | `FACE#<generation>#<shard>` | `<face id>` | a face; the shard is its first digit |
| faces | `CELEBRITY#<generation>` | `<celebrity id>` | what a celebrity is called |
| faces | `LOG#<generation>#<seq // 256>` | `<seq>`, 12 digits | a change, with its vectors |
| faces | `SNAPSHOT#<generation>` | `SNAPSHOT` | which snapshot of the log is the newest |
| faces | `TOKEN#<account>#<region>#<operation>#<SHA-256>` | `TOKEN` | a ClientRequestToken in use |
| faces | `NOTICE#<SHA-256>` | `NOTICE` | which uploads to an S3 object are done with |
| trust | `KEY#<access key id>` | `KEY` | an access key, without its secret |
| trust | `KEYS` | `<account>#<access key id>` | that there is such an access key |
| trust | `ACCOUNT#<account>` | `ACCOUNT` | what the operator grants an account: buckets, quotas |
| trust | `ACCOUNTS` | `<account>` | an account that is, or was, granted something |
| trust | `SUSPENDED#<account>` | `SUSPENDED` | what of an account is cut off, and why |
| trust | `AUDIT#<account>#<n // 256>` | `<n>`, 12 digits | a block of the account's audit chain |
| trust | `AUDIT#<account>` | `HEAD` | a hint where that chain ends |
| trust | `AUDIT` | `<account>` | an account that has a chain |
| trust | `CONSENT#<account>#<region>` | `<ExternalImageId>` | who has consented |
| trust | `QUOTA#<account>#<region>#<operation>` | `QUOTA` | a token bucket of all workers |
| trust | `AUTHORISATION#<account>` | `<id>` | who may search what, approved by whom |
| trust | `REVIEW#<account>` | `<request id>` | what a human made of a search |
| trust | `TRAINED#<account>` | `<name>` | until when a reviewer's training holds |
| trust | `ERASURE#<account>` | `<SHA-256>` | an erasure that is under way |
| trust | `WATCH#<account>#<region>#<collection id>#<day>` | `<person>` | searches that day |

A snapshot itself is the S3 object `<table>/snapshots/<generation>/<seq>-<random>`.
Number 0 of a log is no change: it stands for as long as the generation has not been purged.
"""

import hashlib
import json

from lineament.context import Scope
from lineament.storage.table import Key

SCOPES = "SCOPES"
ACCOUNTS = "ACCOUNTS"
ACCESS_KEYS = "KEYS"
SHARDS = "0123456789abcdef"
FIRST_COLLECTION = "COL#"
LAST_COLLECTION = "COL#~"
"""Sorts after every collection id: `~` is in none of them."""
PER_PARTITION = 256
"""Numbers of a log that share a partition."""
_SEQ_DIGITS = 12


def _key(partition: str, sort: str) -> Key:
    return {"pk": {"S": partition}, "sk": {"S": sort}}


def scope_partition(scope: Scope) -> str:
    """Return the partition of a scope's collections."""
    return f"ACCT#{scope.account}#{scope.region}"


def collection_key(scope: Scope, collection_id: str) -> Key:
    """Return the key of a collection."""
    return _key(scope_partition(scope), FIRST_COLLECTION + collection_id)


def scope_key(scope: Scope) -> Key:
    """Return the key under which a scope is known."""
    return _key(SCOPES, f"{scope.account}#{scope.region}")


def from_scope_key(key: Key) -> Scope:
    """Return the scope of a `scope_key`."""
    account, region = str(key["sk"]["S"]).split("#")
    return Scope(account, region)


def secret_key(name: str) -> Key:
    """Return the key of a secret."""
    return _key("SECRET", name)


def face_partition(generation: str, shard: str) -> str:
    """Return the partition of those faces whose id begins with `shard`."""
    return f"FACE#{generation}#{shard}"


def face_key(generation: str, face_id: str) -> Key:
    """Return the key of a face record."""
    return _key(face_partition(generation, face_id[0]), face_id)


def celebrity_partition(generation: str) -> str:
    """Return the partition of the celebrities of a gallery."""
    return f"CELEBRITY#{generation}"


def celebrity_key(generation: str, celebrity_id: str) -> Key:
    """Return the key of what a celebrity is called."""
    return _key(celebrity_partition(generation), celebrity_id)


def log_key(generation: str, seq: int) -> Key:
    """Return the key of a number of the log."""
    return _key(f"LOG#{generation}#{seq // PER_PARTITION}", f"{seq:0{_SEQ_DIGITS}d}")


def snapshot_key(generation: str) -> Key:
    """Return the key of what tells a generation's newest snapshot."""
    return _key(f"SNAPSHOT#{generation}", "SNAPSHOT")


def snapshot_objects(table: str, generation: str | None = None) -> str:
    """Return what the S3 keys begin with: of a generation's snapshots, or of a deployment's."""
    return f"{table}/snapshots/" + ("" if generation is None else f"{generation}/")


def snapshot_object(table: str, generation: str, seq: int, token: str) -> str:
    """Return the S3 key of a snapshot; `token` is of one attempt to make it. Sorts by `seq`."""
    return f"{snapshot_objects(table, generation)}{seq:0{_SEQ_DIGITS}d}-{token}"


def generation_of_object(key: str) -> str:
    """Return whose snapshot a `snapshot_object` is."""
    return key.split("/")[2]


def token_key(scope: Scope, operation: str, token: str) -> Key:
    """Return the key of a ClientRequestToken; the token itself is not kept."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    return _key(f"TOKEN#{scope.account}#{scope.region}#{operation}#{digest}", "TOKEN")


def access_key(access_key_id: str) -> Key:
    """Return the key of an access key's record."""
    return _key(f"KEY#{access_key_id}", "KEY")


def key_of_account(account: str, access_key_id: str) -> Key:
    """Return the key under which an access key is known to be there."""
    return _key(ACCESS_KEYS, f"{account}#{access_key_id}")


def keys_of_account(account: str | None) -> tuple[str, str]:
    """Return the first and last `sk` under `ACCESS_KEYS` of an account's keys, or of all."""
    return ("0", "~") if account is None else (f"{account}#", f"{account}#~")


def account_key(account: str) -> Key:
    """Return the key of what the operator grants an account."""
    return _key(f"ACCOUNT#{account}", "ACCOUNT")


def account_name_key(account: str) -> Key:
    """Return the key under which an account with a grant is listed."""
    return _key(ACCOUNTS, account)


def suspended_key(account: str) -> Key:
    """Return the key of what is suspended of an account: itself, access keys, collections."""
    return _key(f"SUSPENDED#{account}", "SUSPENDED")


def audit_block_key(account: str, number: int) -> Key:
    """Return the key of a block of an account's audit chain."""
    return _key(f"AUDIT#{account}#{number // PER_PARTITION}", f"{number:0{_SEQ_DIGITS}d}")


def audit_head_key(account: str) -> Key:
    """Return the key of the hint where an account's audit chain ends."""
    return _key(f"AUDIT#{account}", "HEAD")


def quota_key(scope: Scope, operation: str) -> Key:
    """Return the key of the token bucket of an operation."""
    return _key(f"QUOTA#{scope.account}#{scope.region}#{operation}", "QUOTA")


def consent_key(scope: Scope, external_image_id: str) -> Key:
    """Return the key of a consent."""
    return _key(f"CONSENT#{scope.account}#{scope.region}", external_image_id)


def authorisation_key(account: str, identifier: str) -> Key:
    """Return the key of an authorisation record."""
    return _key(f"AUTHORISATION#{account}", identifier)


def review_key(account: str, request_id: str) -> Key:
    """Return the key of a human review of a search."""
    return _key(f"REVIEW#{account}", request_id)


def training_key(account: str, name: str) -> Key:
    """Return the key of a reviewer's training; `name` is of `domain.authorisations.key_of`."""
    return _key(f"TRAINED#{account}", name)


def erasure_key(account: str, name: str) -> Key:
    """Return the key of an erasure that is under way; `name` is a digest of what was asked for."""
    return _key(f"ERASURE#{account}", name)


def watch_key(scope: Scope, collection_id: str, day: str, person: str) -> Key:
    """Return the key of how often a person was searched for on a day."""
    return _key(f"WATCH#{scope.account}#{scope.region}#{collection_id}#{day}", person)


def notice_key(bucket: str, key: str, version: str | None) -> Key:
    """Return the key of what is known of uploads to an S3 object; its name is not kept."""
    digest = hashlib.sha256(json.dumps([bucket, key, version]).encode()).hexdigest()
    return _key(f"NOTICE#{digest}", "NOTICE")
