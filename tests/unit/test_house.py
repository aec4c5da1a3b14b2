"""What an operator has to state before faces are searched for a critical use."""

from typing import Any

import pytest

from lineament import config
from lineament.domain.rules import USE_CASE, Rules, read_rules
from lineament.errors import AccessDeniedException, CannotStart
from lineament.trust import build_house
from tests.stated import STATED


def house(**change: str) -> Any:
    return build_house(config.load({"LINEAMENT_AUTH": "sigv4", **STATED, **change}))


@pytest.mark.parametrize("lacking", sorted(set(STATED) - {"LINEAMENT_USE_CASE"}))
def test_nothing_starts_unstated(lacking: str) -> None:
    """Lost: police search faces, and nobody can read what for, or whom to ask (L4, L7)."""
    assert house().rules.min_similarity == 99
    with pytest.raises(CannotStart, match=lacking):
        house(**{lacking: ""})


def test_other_uses_need_no_disclosure_of_police() -> None:
    """Lost: a search for missing persons cannot start without a page about police."""
    for use_case in ("public-safety", "missing-persons"):
        house(LINEAMENT_USE_CASE=use_case, LINEAMENT_DISCLOSURE_URL="")
        with pytest.raises(CannotStart, match="NOTICE_URL"):
            house(LINEAMENT_USE_CASE=use_case, LINEAMENT_NOTICE_URL="")
    house(**dict.fromkeys(STATED, ""))


def test_what_is_not_recorded_is_not_searched() -> None:
    """Lost: searches that humans have to review are nowhere written down (L2)."""
    with pytest.raises(CannotStart, match="LINEAMENT_AUDIT=off"):
        house(LINEAMENT_AUDIT="off")
    house(LINEAMENT_AUTH="off", LINEAMENT_AUDIT="off")  # `serve --local`, to try it out


def test_a_use_case_of_the_operators_word_is_public_too() -> None:
    """Lost: `lineament rules set` opens a secret search, or a statement ends and searches go on."""
    rules = read_rules({USE_CASE: "law-enforcement"})
    house().require_public(rules)
    ordinary = house(**dict.fromkeys(STATED, ""))
    ordinary.require_public(Rules())
    with pytest.raises(AccessDeniedException, match=r"NOTICE_URL.*CONTACT.*DISCLOSURE_URL"):
        ordinary.require_public(rules)
