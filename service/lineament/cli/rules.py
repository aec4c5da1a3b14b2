"""`lineament rules`: what a collection may be used for, and how, by its operator's word.

Callers set rules by tags, which they can tighten and not loosen. Those that are set here hold
beside them, the strictest of each, and only this command takes any of them away. The rules are
purpose=TEXT, use-case=NAME, min-similarity=0..100, max-results=N, retention-days=N,
attributes-off="GENDER EMOTIONS AGE_RANGE", consent=required, dual-control=required. docs/rules.md
"""

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from lineament.cli.operating import Operator, add_account, add_by
from lineament.domain.collections import Collection
from lineament.domain.rules import NAMES, read_rules, stored_rules, strictest
from lineament.errors import LineamentError, WireError
from lineament.storage.collections import DynamoCollectionStore
from lineament.trust import build_house


class NoSuchRule(LineamentError):
    """A rule, or a collection, is not there; the message names it."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions, each with its options."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, summary in (
        ("show", "print what holds for a collection, and who has set it"),
        ("set", "set rules, in place of the operator's earlier ones of those names"),
        ("clear", "take rules away: the operator's, and the tags that callers have set"),
    ):
        action = actions.add_parser(name, help=summary, description=summary)
        action.add_argument("collection", metavar="COLLECTION", help="its CollectionId")
        if name == "set":
            action.add_argument("rules", nargs="+", metavar="NAME=VALUE")
        if name == "clear":
            action.add_argument("rules", nargs="+", metavar="NAME")
        if name == "show":
            action.add_argument("--json", action="store_true", help="as JSON")
        add_account(action)
        add_by(action)


def run(args: argparse.Namespace) -> int:
    """Run the action and return 0."""
    operator = Operator(args)
    store = DynamoCollectionStore(operator.tables)
    collection = store.find(operator.scope, args.collection)
    if collection is None:
        raise NoSuchRule(
            f"account {operator.scope.account} has no collection {args.collection} "
            f"in {operator.scope.region}"
        )
    if args.action == "show":
        _show(operator, collection, as_json=args.json)
        return 0
    change = _set if args.action == "set" else _clear
    why = ", ".join(args.rules)
    change(args.rules, collection, collection.rules)  # What is wrong with them is told first.
    operator.record(f"Rules{args.action.title()}", collection=args.collection, why=why)
    # Of the rules as they are then: another operator's, set meanwhile, must not be lost.
    store.rule(collection, lambda now: change(args.rules, collection, now))
    if args.action == "clear":
        gone = {_key(each) for each in args.rules}
        store.retag(collection, lambda tags: {k: tags[k] for k in tags if k not in gone})
    print(f"{args.collection}: {args.action} {why}")
    return 0


def _set(given: list[str], _found: Collection, now: Mapping[str, str]) -> dict[str, str]:
    rules = dict(now)
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise NoSuchRule(f"{text} is not NAME=VALUE")
        rules[_key(name)] = value
    try:
        read_rules(rules)
    except WireError as error:
        raise NoSuchRule(error.message.removeprefix("Request has invalid parameters: ")) from error
    return rules


def _clear(given: list[str], found: Collection, now: Mapping[str, str]) -> dict[str, str]:
    keys = [_key(name) for name in given]
    for name, key in zip(given, keys, strict=True):
        if key not in found.rules and key not in found.tags:
            raise NoSuchRule(f"collection {found.collection_id} has no rule {name}")
    return {key: value for key, value in now.items() if key not in keys}


def _key(name: str) -> str:
    if name not in NAMES:
        raise NoSuchRule(f"there is no rule {name}; there are {', '.join(NAMES)}")
    return NAMES[name]


def _show(operator: Operator, collection: Collection, *, as_json: bool) -> None:
    house = build_house(operator.settings)
    sources: dict[str, Mapping[str, str]] = {
        "operator": collection.rules,
        "tags": {key: text for key, text in collection.tags.items() if key in NAMES.values()},
    }
    holds = strictest(stored_rules(collection.rules), stored_rules(collection.tags), house.rules)
    if as_json:
        plain: dict[str, Any] = {
            name: sorted(value) if isinstance(value, frozenset) else value
            for name, value in asdict(holds).items()
        }
        print(json.dumps({"set": sources, "holds": plain}, indent=2))
        return
    for source, rules in sources.items():
        for key, value in sorted(rules.items()):
            print(f"{key} = {value}  (by {source})")
    if operator.settings.use_case:
        print(f"rk:use-case = {operator.settings.use_case}  (by LINEAMENT_USE_CASE)")
    if not any(sources.values()) and not operator.settings.use_case:
        print(f"collection {collection.collection_id} has no rules")
