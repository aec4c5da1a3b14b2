"""`lineament rules`: the operator's word on a collection, from the command line."""

import json
import uuid
from collections.abc import Mapping

import pytest

from lineament.cli.main import main
from lineament.cli.operating import Operator
from lineament.context import Scope
from lineament.domain.collections import Collection
from lineament.domain.rules import CONSENT
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.provision import connect, ensure_tables

SCOPE = Scope("123456789012", "us-east-1")


class Shelf:
    """A deployment with one collection."""

    def __init__(self, store: DynamoCollectionStore) -> None:
        """Take where it is."""
        self.store = store

    def now(self) -> Collection:
        """Return the collection."""
        found = self.store.find(SCOPE, "people")
        assert found is not None
        return found

    def tag(self, tags: Mapping[str, str]) -> None:
        """Tag it, as a caller has."""
        self.store.retag(self.now(), lambda _: tags)


@pytest.fixture
def shelf(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """Return a deployment of the test's own."""
    name = f"t{uuid.uuid4().hex[:12]}"
    monkeypatch.setenv("LINEAMENT_TABLE", name)
    tables = connect(name, "us-east-1", aws_endpoint)
    ensure_tables(tables)
    store = DynamoCollectionStore(tables)
    store.create(Collection(SCOPE, "people", uuid.uuid4().hex, "1", 1.0))
    return Shelf(store)


def test_set_show_and_clear(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: an operator cannot rule a collection, see what holds, or take it back."""
    assert main(["rules", "show", "people"]) == 0
    assert capsys.readouterr().out == "collection people has no rules\n"
    assert main(["rules", "set", "people", "min-similarity=97", "purpose=the door"]) == 0
    shelf.tag({"lineament:min-similarity": "99.5", "team": "blue"})
    assert main(["rules", "set", "people", "min-similarity=98", "use-case=missing-persons"]) == 0
    capsys.readouterr()
    assert main(["rules", "show", "people"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "lineament:min-similarity = 98  (by operator)",
        "lineament:purpose = the door  (by operator)",
        "rk:use-case = missing-persons  (by operator)",
        "lineament:min-similarity = 99.5  (by tags)",
    ]
    assert main(["rules", "show", "people", "--json"]) == 0
    holds = json.loads(capsys.readouterr().out)["holds"]
    assert (holds["min_similarity"], holds["review"]) == (99.5, True)
    assert main(["rules", "clear", "people", "min-similarity", "use-case"]) == 0
    assert shelf.now().rules == {"lineament:purpose": "the door"}
    assert shelf.now().tags == {"team": "blue"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["set", "people", "min-similarity=101"], "from 0 to 100"),
        (["set", "people", "min-similarity"], "is not NAME=VALUE"),
        (["set", "people", "least=5"], "there is no rule least; there are use-case, purpose"),
        (["clear", "people", "consent"], "collection people has no rule consent"),
        (["show", "nobody"], "has no collection nobody in us-east-1"),
    ],
)
def test_wrong_words_change_nothing(
    shelf: Shelf, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    """Lost: a mistyped rule is taken, or its message does not say what is wrong."""
    assert main(["rules", *words]) == 1
    assert told in capsys.readouterr().err
    assert shelf.now().rules == {}


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["set", "people", "min-similarity=99"], {"min-similarity": "99", "purpose": "the door"}),
        (["clear", "people", "purpose"], {}),
    ],
)
def test_two_operators_at_once(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, words: list[str], left: dict[str, str]
) -> None:
    """Lost: of two operators who rule a collection at once, one is told yes, and rules nothing."""
    assert main(["rules", "set", "people", "purpose=the door"]) == 0

    def meanwhile(*_: object, **__: object) -> None:
        other = {CONSENT: "required"}
        shelf.store.rule(shelf.now(), lambda rules: {**rules, **other})

    monkeypatch.setattr(Operator, "record", meanwhile)
    assert main(["rules", *words]) == 0
    expected = {f"lineament:{name}": value for name, value in left.items()}
    assert shelf.now().rules == {**expected, CONSENT: "required"}


def test_rules_go_with_their_collection(shelf: Shelf) -> None:
    """Lost: a new collection under an old name obeys rules that nobody has set for it."""
    assert main(["rules", "set", "people", "consent=required"]) == 0
    assert shelf.store.delete(shelf.now())
    shelf.store.create(Collection(SCOPE, "people", uuid.uuid4().hex, "1", 1.0))
    assert shelf.now().rules == {}
