"""Manifests of celebrities: what is read of them, and that every mistake is told at once."""

import json
from pathlib import Path

import pytest

from lineament.auth.scope import account_of
from lineament.cli.bulk.places import S3Place, locate
from lineament.cli.bulk.rows import ManifestError
from lineament.cli.celebrity.manifest import read_manifest
from lineament.domain.celebrities import SCOPE, Celebrity, KnownGender, id_of_name, is_celebrity_id

WHOLE = {
    "name": "Ann Example",
    "id": "1SK7cR8M",
    "urls": ["example.org/ann", "https://example.net/a"],
    "gender": "Nonbinary",
    "images": ["ann 1.jpg", "s3://bucket/deep/key.png"],
}
CSV = """\
name,id,urls,gender,images
Ann Example,1SK7cR8M,example.org/ann | https://example.net/a,Nonbinary,ann 1.jpg|s3://bucket/deep/key.png

"Bob, the Second",,,,bob.jpg
"""
BARE = {"name": "Bob, the Second", "images": ["bob.jpg"]}


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path) -> list[str]:
    with pytest.raises(ManifestError) as caught:
        read_manifest(path)
    assert all(problem in str(caught.value) for problem in caught.value.problems)
    return caught.value.problems


@pytest.mark.parametrize(
    ("name", "text", "places"),
    [
        ("a.csv", CSV, ["line 2", "line 4"]),
        ("a.CSV", "\ufeff" + CSV.replace("\n", "\r\n"), ["line 2", "line 4"]),
        ("a.jsonl", f"{json.dumps(WHOLE)}\n\n{json.dumps(BARE)}", ["line 1", "line 3"]),
        ("a.json", json.dumps([WHOLE, BARE]), ["item 1", "item 2"]),
    ],
)
def test_three_formats_say_the_same(
    tmp_path: Path, name: str, text: str, places: list[str]
) -> None:
    """Lost: a member that only one of the formats brings into the gallery."""
    ann, bob = read_manifest(write(tmp_path, name, text))
    assert [ann.where, bob.where] == places
    urls = ("example.org/ann", "https://example.net/a")
    assert ann.celebrity == Celebrity("1SK7cR8M", "Ann Example", urls, KnownGender.NONBINARY)
    assert ann.images == ("ann 1.jpg", "s3://bucket/deep/key.png")
    assert not ann.named
    assert bob.celebrity == Celebrity(id_of_name("Bob, the Second"), "Bob, the Second")
    assert bob.named


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    """Lost: a file of 10,000 lines is corrected one run at a time."""
    rows = [
        json.dumps(WHOLE),
        "{",
        "[1]",
        json.dumps({"nmae": "Ann", "images": ["a.jpg"]}),
        json.dumps({**WHOLE, "id": "no-id", "gender": "male", "images": []}),
        json.dumps({**WHOLE, "id": "b", "urls": ["a b"], "images": ["s3://bucket", 5]}),
        json.dumps({**WHOLE, "id": "c", "name": " \t"}),
        json.dumps({**WHOLE, "name": "Another"}),
        json.dumps({"name": "\ud800", "urls": ["a\x9b"], "images": ["a\udfff.jpg"]}),
        "[" * 200_000,
    ]
    told = problems(write(tmp_path, "a.jsonl", "\n".join(rows)))
    for expected in (
        "line 2: is not JSON",
        "line 3: is not a JSON object",
        "line 4: name: Missing data",
        "line 4: nmae: Unknown field",
        "line 5: id: is not of 1 to 128",
        "line 5: gender: Must be one of: Male, Female, Nonbinary, Unlisted",
        "line 5: images: Length must be between 1 and 100",
        "line 6: urls.0: holds a space",
        "line 6: images.0: is not s3://bucket/key",
        "line 6: images.1: Not a valid string",
        "line 7: name: is empty",
        "line 8: id: 1SK7cR8M is that of line 1; give one of them another id",
        "line 9: name: holds a control character or half a character",
        "line 9: urls.0: holds a control",
        "line 9: images.0: holds a control",
        "line 10: is not JSON",
    ):
        assert [problem for problem in told if problem.startswith(expected)], expected
    assert len(told) == 16


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.txt", "", ["a.txt is no .csv, .jsonl or .json file"]),
        ("a.csv", "", ["it holds no celebrity"]),
        ("a.json", "[]", ["it holds no celebrity"]),
        ("a.json", "{}", ["is not a JSON array"]),
        (
            "a.csv",
            "name,name,picture\n",
            [
                "line 1: picture: is no member",
                "line 1: name: is there twice",
                "line 1: images: is missing",
            ],
        ),
        (
            "a.csv",
            "name,images\nAnn,a.jpg,b.jpg\n,b.jpg\n",
            [
                "line 2: has more cells than there are columns",
                "line 3: name: Missing data for required field.",
            ],
        ),
        (
            "a.csv",
            "name,images\nAnn,a.jpg\nAnn,b.jpg\n",
            [f"line 3: id: {id_of_name('Ann')} is that of line 2, which has the same name"],
        ),
    ],
)
def test_what_is_no_manifest(tmp_path: Path, name: str, text: str, expected: list[str]) -> None:
    """Lost: a wrong file leaves the gallery half changed, or a typing error goes unseen."""
    assert problems(write(tmp_path, name, text)) == expected


def test_unreadable_files_are_told(tmp_path: Path) -> None:
    """Lost: a traceback in place of a sentence."""
    (told,) = problems(tmp_path / "absent.csv")
    assert "No such file" in told
    (tmp_path / "latin.csv").write_bytes("name,images\nJosé,a.jpg\n".encode("latin-1"))
    assert problems(tmp_path / "latin.csv") == ["latin.csv is not UTF-8"]
    assert "is no CSV" in problems(write(tmp_path, "open.csv", 'name,images\n"Ann,a.jpg\n'))[0]


def test_images_are_beside_the_manifest_or_in_s3(tmp_path: Path) -> None:
    """Lost: a manifest works from one working directory only."""
    manifest = tmp_path / "a.csv"
    assert locate("photos/ann 1.jpg", manifest) == tmp_path / "photos" / "ann 1.jpg"
    assert locate("/srv/ann.jpg", manifest) == Path("/srv/ann.jpg")
    assert locate("s3://bucket/deep/key.png", manifest) == S3Place("bucket", "deep/key.png")


def test_ids_of_names_stay() -> None:
    """Lost: an import of the same manifest makes every celebrity a second time."""
    assert id_of_name("Ann Example") == id_of_name("  Ann Example ") == "x5Q8zL3V"
    assert id_of_name("Jose\u0301") == id_of_name("José")
    many = {id_of_name(f"Person {number}") for number in range(20_000)}
    assert len(many) == 20_000
    assert all(is_celebrity_id(each) and len(each) == 8 for each in many)


@pytest.mark.parametrize("text", ["", "a b", "ä", "a\n", "-", "a" * 129])
def test_what_is_no_id(text: str) -> None:
    """Lost: a request that DynamoDB refuses, answered as our own fault."""
    assert not is_celebrity_id(text)


def test_no_access_key_is_of_the_gallery() -> None:
    """Lost: a caller whose key says `celebrities` owns the gallery."""
    assert account_of(SCOPE.account, "123456789012") == "123456789012"
    assert not SCOPE.account.isdigit()
