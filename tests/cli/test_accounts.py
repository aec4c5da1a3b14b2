"""`lineament accounts`: what an operator grants, from the command line."""

import uuid

import pytest

from lineament.cli.main import main
from lineament.domain.grants import Grant
from lineament.storage.accounts import DynamoAccounts
from lineament.storage.provision import connect, ensure_tables

A, B = "111122223333", "444455556666"


@pytest.fixture
def accounts(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> DynamoAccounts:
    """Return the records that the commands of this test work on."""
    name = f"t{uuid.uuid4().hex[:12]}"
    monkeypatch.setenv("LINEAMENT_TABLE", name)
    tables = connect(name, "us-east-1", aws_endpoint)
    ensure_tables(tables)
    return DynamoAccounts(tables)


def test_set_list_and_remove(accounts: DynamoAccounts, capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: an operator cannot give an account a bucket, see who has which, or take it back."""
    assert main(["accounts", "list"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["accounts", "set", B, "--buckets", "photos, team-*"]) == 0
    assert (
        main(["accounts", "set", A, "--rate", "IndexFaces=10", "--rate", "Search*=2.5,*=none"]) == 0
    )
    assert main(["accounts", "list"]) == 0
    first, second = (
        f"{A}: buckets (none); rates IndexFaces=10,Search*=2.5,*=none\n",
        f"{B}: buckets photos,team-*; rates (those of all)\n",
    )
    assert capsys.readouterr().out == second + first + first + second
    assert accounts.find(A) == Grant((), (("IndexFaces", 10.0), ("Search*", 2.5), ("*", None)))
    assert accounts.find(B) == Grant(("photos", "team-*"))
    assert main(["accounts", "remove", B]) == 0
    assert accounts.find(B) is None
    assert main(["accounts", "remove", B]) == 1
    assert f"nothing was granted to account {B}" in capsys.readouterr().err


def test_what_is_not_named_stays(accounts: DynamoAccounts) -> None:
    """Lost: changing a rate closes the account's buckets, or the other way round."""
    main(["accounts", "set", A, "--buckets", "photos", "--rate", "*=5"])
    main(["accounts", "set", A, "--buckets", "other"])
    assert accounts.find(A) == Grant(("other",), (("*", 5.0),))
    main(["accounts", "set", A, "--no-rates"])
    assert accounts.find(A) == Grant(("other",))
    main(["accounts", "set", A, "--rate", "*=7", "--no-buckets"])
    assert accounts.find(A) == Grant((), (("*", 7.0),))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["set", "123"], "no account"),
        (["set", A, "--buckets", "arn:aws:s3:::photos"], "no bucket's name"),
        (["set", A, "--buckets", "photos,"], "a bucket has no name"),
        (["set", A, "--buckets", "s3://photos"], "no bucket's name"),
        (["set", A, "--buckets", "[a-z]*"], "no bucket's name"),
        (["set", A, "--rate", "IndexFaces=fast"], "OPERATION=RATE"),
        (["set", A, "--rate", "IndexFace=5"], "no operation"),
        (["set", A, "--rate", "*=5", "--no-rates"], "not allowed with"),
        (["remove", "x"], "no account"),
    ],
)
def test_slips_are_told(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a typing error grants something else, or nothing, without a word."""
    with pytest.raises(SystemExit) as ended:
        main(["accounts", *arguments])
    assert ended.value.code == 2
    assert told in capsys.readouterr().err
