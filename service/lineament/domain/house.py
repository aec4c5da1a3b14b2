"""What an operator says of a deployment: what it is for, and whom to ask. Source: SPEC.md D.3."""

from dataclasses import dataclass
from functools import cache

from lineament.domain.collections import Collection
from lineament.domain.rules import Rules, profile, stored_rules, strictest
from lineament.errors import AccessDeniedException, InvalidParameterException


@dataclass(frozen=True, slots=True)
class House:
    """A deployment's own rules and its public statement. The defaults rule and say nothing."""

    use_case: str = ""
    """Of `domain.rules.USE_CASES`, for every collection and for CompareFaces; empty: none."""
    purpose: str = ""
    notice_url: str = ""
    """Where those whose faces are searched can read of it (L4)."""
    contact: str = ""
    """Whom they can ask: an address."""
    disclosure_url: str = ""
    """Where the use by law enforcement is made public (L7)."""
    strict: bool = False
    """Refuse a similarity that is below the rules', in place of raising it."""
    neutral: bool = True
    """Nobody has to state anything: `serve --local`, tests."""

    @property
    def rules(self) -> Rules:
        """Those that hold for every collection."""
        return _rules(self.use_case, self.purpose)

    def rules_of(self, collection: Collection) -> Rules:
        """Return those that hold for one: the operator's, its tags' and the deployment's."""
        return strictest(stored_rules(collection.rules), stored_rules(collection.tags), self.rules)

    def lacks(self, rules: Rules) -> tuple[str, ...]:
        """Return the settings that have to be made before anything is used under `rules`."""
        wanted: dict[str, str] = {}
        if rules.review:
            wanted |= {"PURPOSE": self.purpose or rules.purpose}
            wanted |= {"NOTICE_URL": self.notice_url, "CONTACT": self.contact}
        if rules.disclosed:
            wanted |= {"DISCLOSURE_URL": self.disclosure_url}
        return tuple(f"LINEAMENT_{name}" for name, value in wanted.items() if not value)

    def require_stated(self, rules: Rules) -> None:
        """Refuse a use case that this deployment has not made public.

        Raises:
            InvalidParameterException: settings lack; the message names them.
        """
        if unstated := self._unstated(rules):
            raise InvalidParameterException(f"Request has invalid parameters: {unstated}")

    def require_public(self, rules: Rules) -> None:
        """Refuse a search under a use case whose statement was never made, or was taken back.

        Raises:
            AccessDeniedException: settings lack; the message names them.
        """
        if unstated := self._unstated(rules):
            raise AccessDeniedException(unstated[:1].upper() + unstated[1:])

    def _unstated(self, rules: Rules) -> str:
        lacking = () if self.neutral else self.lacks(rules)
        told = "this use case needs what the operator has not stated"
        return f"{told}: {', '.join(lacking)}" if lacking else ""


@cache
def _rules(use_case: str, purpose: str) -> Rules:
    return strictest(profile(use_case), Rules(purpose=purpose))
