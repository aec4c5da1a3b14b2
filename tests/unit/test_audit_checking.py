"""Whatever somebody does to a chain is found, and the block is named."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineament.domain.audit import Entry, canonical
from lineament.domain.audit_anchors import Anchor, Kept, to_body
from lineament.domain.audit_chain import (
    BLOCK_BYTES,
    FIRST,
    Sealed,
    Signs,
    Tip,
    batches,
    hash_of,
    read,
    seal,
    write,
)
from lineament.governance.audit_checking import KINDS, Check, Finding, read_anchors
from lineament.governance.signing import Signer, key_id, signed_by

ACCOUNT = "123456789012"
OTHER = "210987654321"
SIGNER = Signer(bytes(32))
KEYS = (SIGNER.public_key,)
LENGTH = 12
BLOCKS = st.integers(1, LENGTH)
FIELDS = (
    "access_key_id",
    "account",
    "collection",
    "operation",
    "outcome",
    "region",
    "request_id",
    "results",
    "threshold_applied",
    "time",
)


def entry(number: int, account: str = ACCOUNT) -> Entry:
    return Entry(
        time=1000.0 + number,
        request_id=f"r{number}",
        account=account,
        region="us-east-1",
        access_key_id="AKIA",
        operation="SearchFaces",
        collection="people",
        threshold_applied=99.0,
        results=(("f1", 99.5),),
        result_count=1,
    )


def chain(
    length: int = LENGTH, account: str = ACCOUNT, signer: Signs | None = SIGNER
) -> list[Sealed]:
    blocks: list[Sealed] = []
    for number in range(1, length + 1):
        texts = [write(entry(10 * number + place, account)) for place in range(1 + number % 3)]
        tip = blocks[-1].tip if blocks else Tip()
        blocks.append(seal(account, tip, 1000.0 + number, f"w-{number}", texts, signer))
    return blocks


def anchor(block: Sealed, previous: int = 0) -> Anchor:
    return Anchor("t", ACCOUNT, block.number, block.hash, 2000.0, previous)


def found(
    blocks: Sequence[Sealed],
    anchors: Sequence[Anchor] = (),
    keys: Sequence[str] = KEYS,
    known: int = 0,
) -> list[tuple[str, int, int]]:
    check = Check(ACCOUNT, {each.n: [each] for each in anchors}, keys)
    for block in blocks:
        check.take(block)
    return [(each.kind, each.first, each.last) for each in check.finish(known).findings]


def altered(block: Sealed, **members: Any) -> Sealed:
    """Return a block of other members with the hash that fits: what a clever forger writes."""
    body = canonical({**json.loads(block.body), **members})
    return replace(block, body=body, hash=hash_of(body))


def rewritten(blocks: Sequence[Sealed], at: int, signer: Signs | None) -> list[Sealed]:
    """Return the chain with another entry in block `at`, and all that follows made to fit."""
    made = list(blocks[: at - 1])
    for block in blocks[at - 1 :]:
        said = read(block.body)
        entries = [each if said.number != at else replace(each, user="x") for each in said.entries]
        tip = made[-1].tip if made else Tip()
        texts = [write(each) for each in entries]
        made.append(seal(ACCOUNT, tip, said.time, said.writer, texts, signer))
    return made


def test_a_chain_that_nobody_touched_is_intact() -> None:
    """Lost: an operator is told of tampering that was none."""
    blocks = chain()
    assert found(blocks, [anchor(blocks[3]), anchor(blocks[11], 4)], known=LENGTH) == []
    assert found(chain(signer=None), keys=()) == []
    assert found([]) == []


@given(number=BLOCKS, place=st.integers(0), bit=st.integers(0, 6))
def test_any_flipped_bit_is_found(number: int, place: int, bit: int) -> None:
    """Lost: one letter of who searched for whom is another, and the trail looks whole."""
    blocks = chain()
    body = bytearray(blocks[number - 1].body.encode())
    body[place % len(body)] ^= 1 << bit
    blocks[number - 1] = replace(blocks[number - 1], body=body.decode("latin-1"))
    assert found(blocks) == [("altered", number, number)]
    assert found(blocks, keys=()) == [("altered", number, number)]


@given(number=BLOCKS, name=st.sampled_from(FIELDS), place=st.integers(0))
def test_any_changed_member_is_found_though_the_hash_fits(
    number: int, name: str, place: int
) -> None:
    """Lost: who also knows how hashes are made changes what was done."""
    blocks = chain()
    entries = json.loads(blocks[number - 1].body)["entries"]
    entries[place % len(entries)][name] = "forged"
    blocks[number - 1] = altered(blocks[number - 1], entries=entries)
    assert found(blocks) == [("unsigned", number, number)]
    without_keys = found(blocks, keys=())
    assert without_keys == ([("unlinked", number + 1, number + 1)] if number < LENGTH else [])


@given(number=BLOCKS, place=st.integers(0))
def test_a_removed_reordered_or_added_entry_is_found(number: int, place: int) -> None:
    """Lost: one search is taken out of its block, put elsewhere in it, or told twice."""
    blocks = chain()
    entries = json.loads(blocks[number - 1].body)["entries"]
    at = place % len(entries)
    for other in (
        entries[:at] + entries[at + 1 :],
        [*entries, entries[at]],
        *([entries[::-1]] if len(entries) > 1 else []),
    ):
        forged = altered(blocks[number - 1], entries=other)
        assert found([*blocks[: number - 1], forged, *blocks[number:]]) == [
            ("unsigned", number, number)
        ]
        simple = replace(forged, hash=blocks[number - 1].hash)
        assert found([*blocks[: number - 1], simple, *blocks[number:]], keys=()) == [
            ("altered", number, number)
        ]


@given(gone=st.sets(st.integers(1, LENGTH - 1), min_size=1))
def test_removed_blocks_are_found(gone: set[int]) -> None:
    """Lost: a day of searches is gone, and the rest looks whole."""
    blocks = chain()
    told = found([block for block in blocks if block.number not in gone])
    assert {kind for kind, *_ in told} == {"removed"}
    assert {number for _, first, last in told for number in range(first, last + 1)} == gone


@given(one=BLOCKS, other=BLOCKS)
def test_swapped_blocks_are_found(one: int, other: int) -> None:
    """Lost: what happened first is told to have happened last."""
    blocks = chain()
    first, second = blocks[one - 1], blocks[other - 1]
    blocks[one - 1] = replace(second, number=one)
    blocks[other - 1] = replace(first, number=other)
    expected = [("foreign", number, number) for number in sorted({one, other})]
    assert found(blocks) == (expected if one != other else [])


@given(cut=st.integers(0, LENGTH), anchored=BLOCKS)
def test_a_cut_tail_is_found_up_to_the_last_anchor(cut: int, anchored: int) -> None:
    """Lost: the last searches before an inquiry are cut off."""
    blocks = chain()
    expected = [("removed", cut + 1, anchored)] if cut < anchored else []
    assert found(blocks[:cut], [anchor(blocks[anchored - 1])]) == expected
    hinted = [("removed", cut + 1, LENGTH)] if cut < LENGTH else []
    assert found(blocks[:cut], known=LENGTH) == hinted


@given(cut=st.integers(0, LENGTH))
def test_without_an_anchor_a_cut_tail_is_not_found(cut: int) -> None:
    """Lost: docs/audit.md, which says that it is not, promises too little, or this too much."""
    assert found(chain()[:cut]) == []


@given(number=BLOCKS, anchored=BLOCKS)
def test_a_chain_written_anew_is_found(number: int, anchored: int) -> None:
    """Lost: who may write the table makes a whole history of their own."""
    blocks = chain()
    forged = rewritten(blocks, number, None)
    assert found(forged) == [("unsigned", each, each) for each in range(number, LENGTH + 1)]
    # One who has the root key as well, or a deployment without one, is found by anchors alone.
    own = rewritten(blocks, number, SIGNER)
    before = [anchor(blocks[0])] if number > 1 else []
    told = found(own, [*before, anchor(blocks[anchored - 1])])
    seen = anchored >= number
    assert told == ([("rewritten", 2 if before and anchored > 1 else 1, anchored)] if seen else [])


@given(number=BLOCKS)
def test_what_is_slipped_in_is_found(number: int) -> None:
    """Lost: somebody is accused of a search that they have not made."""
    blocks = chain()
    copy = replace(blocks[number - 1], number=LENGTH + 1)
    assert found([*blocks, copy]) == [("foreign", LENGTH + 1, LENGTH + 1)]
    others = chain(account=OTHER)[number - 1]
    foreign = [*blocks[: number - 1], others, *blocks[number:]]
    assert found(foreign) == [("foreign", number, number)]
    invented = seal(ACCOUNT, blocks[-1].tip, 1.0, "w", [write(entry(1))], Signer(b"x" * 32))
    assert found([*blocks, invented]) == [("unsigned", LENGTH + 1, LENGTH + 1)]
    strange = replace(blocks[number - 1], number=FIRST - 1)
    assert found([strange, *blocks]) == [("foreign", FIRST - 1, FIRST - 1)]


def kept(made: Anchor, signer: Signs = SIGNER, **more: Any) -> Kept:
    return Kept(made.account, made.n, to_body(made, signer), **more)


def test_anchors_are_checked_too() -> None:
    """Lost: who can write the bucket makes anchors that fit a history of their own."""
    blocks = chain()
    good = [anchor(blocks[2]), anchor(blocks[5], 3), anchor(blocks[9], 6)]

    def told(*found: Kept) -> list[tuple[str, int]]:
        _, findings = read_anchors("t", ACCOUNT, found, KEYS)
        assert all(isinstance(each, Finding) and each.kind in KINDS for each in findings)
        return [(each.kind, each.first) for each in findings]

    assert told(*map(kept, good)) == []
    assert told(kept(good[0]), kept(good[2])) == [("anchor-removed", 6)]
    assert told(kept(good[0], removed=True)) == [("anchor-covered", 3)]
    assert told(kept(good[0], Signer(b"x" * 32))) == [("anchor-altered", 3)]
    assert told(replace(kept(good[0]), number=4)) == [("anchor-altered", 4)]
    assert told(kept(replace(good[0], table="u"))) == [("anchor-altered", 3)]
    assert told(replace(kept(good[0]), body=b"{}")) == [("anchor-altered", 3)]
    body = kept(good[0]).body.replace(b'"previous":0', b'"previous":2')
    assert told(replace(kept(good[0]), body=body)) == [("anchor-altered", 3)]


def test_a_signature_is_for_one_purpose_and_by_one_key() -> None:
    """Lost: a signature of a receipt stands for one of the trail."""
    signature = SIGNER.sign("receipt", b"m")
    assert signed_by(KEYS, "receipt", b"m", signature) == SIGNER.public_key
    assert signed_by([*KEYS, "zz", Signer(b"x" * 32).public_key], "receipt", b"m", signature)
    assert signed_by(KEYS, "audit block", b"m", signature) is None
    assert signed_by(KEYS, "receipt", b"n", signature) is None
    assert signed_by(KEYS, "receipt", b"m", b"") is None
    assert (SIGNER.key_id, len(SIGNER.public_key)) == (key_id(SIGNER.public_key), 64)
    with pytest.raises(ValueError, match="32"):
        Signer(b"short")


def test_blocks_hold_what_dynamodb_takes() -> None:
    """Lost: many waiting entries make a block that is never taken."""
    texts = ["x" * 1000] * 1000
    parts = list(batches(texts))
    assert [text for part in parts for text in part] == texts
    assert len(parts) == 4
    assert all(len(",".join(part)) <= BLOCK_BYTES + len(part) for part in parts)
    assert list(batches(["x" * 300_000, "y"])) == [["x" * 300_000], ["y"]]
    assert list(batches([])) == []
