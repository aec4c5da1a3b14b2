"""Which access keys a deployment knows: from its settings to what `auth` asks.

Settings: LINEAMENT_ACCESS_KEYS, a list with commas of `file:/path`, `table` and
`secretsmanager:<name>`, of which the first that knows a key decides; LINEAMENT_ROOT_KEY, which
`table` needs: `file:/path`, `secretsmanager:<name>` or a secret's ARN. While one root key takes
over from another, both are named, with a comma: the first makes and signs, either verifies.
"""

from pathlib import Path

from lineament.auth.credentials import Credentials, FirstThatKnows
from lineament.auth.derivation import RootKey
from lineament.auth.sources import FileKeys, SecretKeys, TableKeys
from lineament.errors import CannotStart, LineamentError
from lineament.storage.access_keys import DynamoAccessKeys
from lineament.storage.clients import secretsmanager_client
from lineament.storage.key_files import SecretFile
from lineament.storage.key_secrets import ManagedSecret
from lineament.storage.provision import Tables

_TABLE = "table"
_KEYS, _ROOT = "LINEAMENT_ACCESS_KEYS", "LINEAMENT_ROOT_KEY"


def connect_credentials(access_keys: str, root_key: str, tables: Tables) -> Credentials:
    """Return where access keys are found. Files are read, and the root key; no table is.

    Args:
        access_keys: LINEAMENT_ACCESS_KEYS.
        root_key: LINEAMENT_ROOT_KEY.
        tables: the deployment's; their region is Secrets Manager's too.

    Raises:
        CannotStart: a setting is empty or names what cannot be read; the message says what to do.
    """
    named = [each.strip() for each in access_keys.split(",") if each.strip()]
    if not named:
        raise CannotStart(
            f"there are no access keys: set {_KEYS} to file:/path, table or secretsmanager:<name>, "
            "or LINEAMENT_AUTH=off where everybody who reaches this server may do everything"
        )
    return FirstThatKnows([_source(each, root_key, tables) for each in named])


def read_root_key(setting: str, region: str) -> RootKey:
    """Return the deployment's root key: the first, where it has two.

    Args:
        setting: LINEAMENT_ROOT_KEY.
        region: of Secrets Manager.

    Raises:
        CannotStart: there is none, or it cannot be read.
    """
    return _read_root_key(setting.partition(",")[0].strip(), region)


def read_root_keys(setting: str, region: str) -> tuple[RootKey, ...]:
    """Return all root keys of the deployment, see `read_root_key`.

    Raises:
        CannotStart: there is none, or one cannot be read.
    """
    return tuple(_read_root_key(each.strip(), region) for each in setting.split(","))


def _read_root_key(named: str, region: str) -> RootKey:
    kind, _, name = named.partition(":")
    if kind == "arn":
        kind, name = "secretsmanager", named
    try:
        if kind == "file" and name:
            return RootKey.read(SecretFile(Path(name)).read())
        if kind == "secretsmanager" and name:
            return RootKey.read(ManagedSecret(secretsmanager_client(region), name).read())
    except (LineamentError, ValueError) as error:
        raise CannotStart(f"{_ROOT}: {error}") from error
    raise CannotStart(
        f"set {_ROOT} to file:/path or secretsmanager:<name>; `lineament keys root` makes a key"
    )


def _source(named: str, root_key: str, tables: Tables) -> Credentials:
    region = str(tables.trust.client.meta.region_name)
    if named == _TABLE:
        records = DynamoAccessKeys(tables)
        roots = read_root_keys(root_key, region)
        return FirstThatKnows([TableKeys(records, each) for each in roots])
    kind, _, name = named.partition(":")
    if kind == "secretsmanager" and name:
        return SecretKeys(ManagedSecret(secretsmanager_client(region), name))
    if kind == "file" and name:
        try:
            return FileKeys(SecretFile(Path(name)))
        except LineamentError as error:
            raise CannotStart(f"{_KEYS}: {error}") from error
    raise CannotStart(f"{_KEYS} names no source of access keys: {named}")
