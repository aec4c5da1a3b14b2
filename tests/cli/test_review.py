"""`lineament review` as trained reviewers, and whoever takes results elsewhere, run it."""

import csv
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lineament.access import read_root_key
from lineament.cli.main import main
from lineament.domain.audit import Entry
from lineament.domain.reviews import CAVEAT
from lineament.governance.signing import PURPOSE, Signer
from lineament.storage import keys
from lineament.storage.audit import DynamoAuditTrail
from lineament.storage.provision import Tables
from tests.cli.recorded import ACCOUNT, entries, tables

__all__ = ["tables"]
SEARCH = Entry(
    time=1_795_867_200.0,
    request_id="r1",
    account=ACCOUNT,
    region="us-east-1",
    access_key_id="AKIA1",
    operation="SearchFacesByImage",
    user="alice",
    collection="people",
    threshold_applied=99.0,
    images=("i1",),
    results=(("f2", 99.25), ("f3", 99.1)),
    result_count=2,
    rule="law-enforcement, authorisation 20261128T120000-00000000",
    purpose="case 17",
)
OTHERS = (
    replace(SEARCH, request_id="plain", rule=""),
    replace(SEARCH, request_id="refused", outcome="AccessDeniedException"),
    replace(SEARCH, request_id="index", operation="IndexFaces"),
    replace(SEARCH, request_id="said", operation="lineament:Review", rule="law-enforcement"),
)
"""Entries that are no searches under a use case."""
NOBODY = replace(SEARCH, request_id="r2", operation="CompareFaces", results=(), result_count=0)
SEEN = ("--rationale", "ears and scar compared")
DAY = 24 * 3600


@pytest.fixture
def run(tables: Tables, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Return what runs `lineament review` on a trail with two searches to look at."""
    root = read_root_key(f"file:{tmp_path / 'root'}", "us-east-1")
    trail = DynamoAuditTrail(tables, Signer(root.derive(PURPOSE)))
    for entry in (SEARCH, *OTHERS, NOBODY):
        trail.append(entry, strict=True)

    def command(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(["review", *words])
        told = capsys.readouterr()
        return status, told.out, told.err

    return command


def day(offset: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + offset * DAY))


def attest(run: Any, name: str = "rita", expires: float = 300) -> None:
    words = ("--date", day(-30), "--expires", day(expires), "--by", "chief")
    assert run("attest", name, *words)[0] == 0


def record(run: Any, request: str, verdict: str, *more: str) -> tuple[int, str, str]:
    told: tuple[int, str, str] = run("record", request, "--verdict", verdict, "--by", "rita", *more)
    return told


def test_searches_wait_for_a_human(run: Any, tables: Tables) -> None:
    """Lost: a search under a use case that nobody ever looks at, or one that needs no look."""
    attest(run)
    status, out, _ = run("list")
    assert status == 0
    first, second, last = out.splitlines()
    assert first == (
        "r1 2026-11-28 12:00:00Z alice: SearchFacesByImage in people, 2 possible matches"
    )
    assert (second.split()[0], last) == ("r2", "2 searches wait for review")
    assert record(run, "r2", "no-match", *SEEN)[0] == 0
    assert run("list")[1].splitlines()[1:] == ["1 searches wait for review"]
    (told,) = entries(tables, "Review")[1:]
    assert (told.user, told.subjects, told.rule) == ("rita", ("r2",), "no-match")
    told_as_json = [json.loads(line) for line in run("list", "--json")[1].splitlines()]
    assert [each["request_id"] for each in told_as_json] == ["r1"]


def test_a_possible_match_needs_other_evidence(run: Any) -> None:
    """Lost: a match is the sole ground on which somebody is suspected (L9)."""
    attest(run)
    status, _, err = record(run, "r1", "possible-match", *SEEN)
    assert (status, "corroboration" in err) == (1, True)
    status, _, err = record(run, "r1", "possible-match", *SEEN, "--corroboration", " ")
    assert status == 1
    because = ("--corroboration", "phone record", "--candidate")
    status, _, err = record(run, "r1", "possible-match", *SEEN, *because, "f9")
    assert (status, "none of the search's" in err) == (1, True)
    status, _, err = record(run, "r2", "possible-match", *SEEN, *because, "")
    assert (status, "found nobody" in err) == (1, True)
    assert record(run, "r1", "inconclusive", "--rationale", " ")[0] == 1
    assert record(run, "r1", "possible-match", *SEEN, *because, "f3")[0] == 0
    status, _, err = record(run, "r1", "no-match", *SEEN)
    assert (status, "--again" in err) == (1, True)
    assert record(run, "r1", "no-match", *SEEN, "--again")[0] == 0
    assert record(run, "plain", "no-match", *SEEN)[0] == 1
    assert record(run, "nothing", "no-match", *SEEN)[0] == 1


def test_only_the_trained_review(run: Any, tables: Tables) -> None:
    """Lost: whoever passes by decides what a match is worth (L5, L6)."""
    status, _, err = record(run, "r1", "no-match", *SEEN)
    assert (status, "nobody has attested" in err) == (1, True)
    words = ("--date", day(-30), "--expires", day(300), "--by", "Rita ")
    status, _, err = run("attest", "rita", *words)
    assert (status, "their own" in err) == (1, True)
    attest(run, "Rita", expires=0)
    status, _, err = record(run, "r1", "no-match", *SEEN)
    assert (status, "expired" in err) == (1, True)
    assert "(expired)" in run("reviewers")[1]
    attest(run, "Rita", expires=300)
    assert record(run, "r1", "no-match", *SEEN)[0] == 0
    assert run("attest", "bo", "--date", day(1), "--expires", day(1), "--by", "chief")[0] == 1
    assert [each.user for each in entries(tables, "Attest")] == ["chief", "chief"]
    # The attribute by which DynamoDB erases items must be in none of these.
    item = tables.trust.get(keys.training_key(ACCOUNT, "rita"))
    assert item is not None
    assert "expires" not in item


def test_results_leave_with_a_verdict_and_a_caveat(
    run: Any, tables: Tables, tmp_path: Path
) -> None:
    """Lost: a bare list of names and numbers leaves, and is taken for the truth (L2, L9)."""
    attest(run)
    status, out, err = run("export")
    assert (status, out) == (1, "")
    assert "2 of 2 searches wait" in err
    because = ("--corroboration", "=phone record", "--candidate", "f2")
    assert record(run, "r1", "possible-match", *SEEN, *because)[0] == 0
    assert run("export")[0] == 1
    status, out, err = run("export", "--unreviewed", "--by", "olga")
    assert (status, CAVEAT in err) == (0, True)
    first, second = (json.loads(line) for line in out.splitlines())
    assert (first["verdict"], first["reviewer"], first["candidate"]) == (
        "possible-match",
        "rita",
        "f2",
    )
    assert first["possible_matches"] == [["f2", 99.25], ["f3", 99.1]]
    assert (second["verdict"], second["reviewer"]) == ("unreviewed", "")
    assert first["caveat"] == second["caveat"] == CAVEAT
    assert record(run, "r2", "inconclusive", *SEEN)[0] == 0
    path = tmp_path / "out.csv"
    assert run("export", "--format", "csv", "--out", str(path))[0] == 0
    rows = list(csv.DictReader(path.open()))
    assert [row["verdict"] for row in rows] == ["possible-match", "inconclusive"]
    assert rows[0]["corroboration"] == "'=phone record"
    assert {row["caveat"] for row in rows} == {CAVEAT}
    told = entries(tables, "ReviewExport")
    assert (told[0].user, told[0].rule) == ("olga", "2 searches, 1 of them unreviewed")
    assert run("export", "--collection", "other")[1] == ""


def test_a_trail_with_a_hole_is_told(run: Any, tables: Tables) -> None:
    """Lost: searches vanish from review with the block that somebody has damaged."""
    item = tables.trust.get(keys.audit_block_key(ACCOUNT, 2))
    assert item is not None
    tables.trust.put({**item, "body": {"S": "?"}})
    for words in (("list",), ("export", "--unreviewed")):
        status, _, err = run(*words)
        assert (status, "cannot be read" in err) == (1, True)
