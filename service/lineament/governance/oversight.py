"""The rules of a collection that a call cannot obey by asking for less: somebody else has to agree.

Consent of whom is indexed, another's approval of a search, and an end to searching for one person
again and again. Rules that are off cost nothing. Source: SPEC.md D.3, L4, L8.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lineament.context import CallContext
from lineament.domain.authorisations import FACE, USER, Authorisation, Authorisations, sought
from lineament.domain.consent import Consents, require_consent
from lineament.domain.rules import DUAL_CONTROL, Rules
from lineament.domain.ruling import SEARCHES
from lineament.domain.watch import WITHHELD, Alert, Watch, best_match
from lineament.errors import AccessDeniedException

Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Oversight:
    """What a deployment asks beside a call's own parameters. Safe to share between threads."""

    consents: Consents
    authorisations: Authorisations
    watch: Watch
    a_day: int
    """Searches for one person, where they are watched, without an authorisation that names them."""
    alert: Callable[[Alert], None] = lambda _alert: None

    def require(self, call: CallContext, collection_id: str, rules: Rules, params: Params) -> str:
        """Refuse a call before anything of it is done, or let it pass.

        Args:
            call: of an operation that a collection's rules bear on.
            collection_id: whose rules.
            rules: that hold.
            params: of the call.

        Returns:
            The id of the authorisation that it goes by; empty where it needs none.

        Raises:
            AccessDeniedException: consent or an authorisation lacks; the message says which.
            WireError: the tables do not answer.
        """
        if call.operation == "IndexFaces" and rules.consent:
            require_consent(self.consents, call.scope, collection_id, params)
        if call.operation not in SEARCHES:
            return ""
        used = ""
        if rules.dual_control:
            used = self._controlled(call, collection_id, params)
        persons = sought(params)
        if rules.watched and persons and persons[0].startswith((FACE, USER)):
            used = self._watched(call, collection_id, persons) or used
        if rules.watched and "Image" in params:
            self._require_few_withheld(call, collection_id, persons)
        return used

    def require_after(
        self, call: CallContext, collection_id: str, rules: Rules, params: Params, output: Params
    ) -> str:
        """Refuse the answer of a search by picture that has found somebody once too often.

        Whom it looks for is known only now: whoever is most like the picture.

        Returns, Raises: as `require`.
        """
        best = best_match(output) if rules.watched and "Image" in params else None
        if best is None or call.operation not in SEARCHES:
            return ""
        try:
            return self._watched(call, collection_id, (best, *sought(params)))
        except AccessDeniedException:
            self.watch.count(call.scope, collection_id, f"{WITHHELD}{_name(call)}", call.now)
            raise

    def _require_few_withheld(
        self, call: CallContext, collection_id: str, persons: tuple[str, ...]
    ) -> None:
        """End a caller's searches by picture: that an answer is withheld tells who was found.

        Who has used up a day's searches for somebody would know them in picture after picture.
        """
        name = f"{WITHHELD}{_name(call)}"
        if self.watch.counted(call.scope, collection_id, name, call.now) < self.a_day:
            return
        if self._find(call, collection_id, lambda each: each.names(persons)) is None:
            raise AccessDeniedException(
                f"{self.a_day} answers were withheld from {_name(call)} today in collection "
                f"{collection_id}; searches by picture need an authorisation that names the picture"
            )

    def _controlled(self, call: CallContext, collection_id: str, params: Params) -> str:
        persons = sought(params)
        found = self._find(
            call, collection_id, lambda each: not each.persons or each.names(persons)
        )
        if found is None:
            raise AccessDeniedException(
                f"Searches of collection {collection_id} are under dual control ({DUAL_CONTROL}): "
                f"no approved, unexpired authorisation covers this search by {_name(call)}"
            )
        return found.identifier

    def _watched(self, call: CallContext, collection_id: str, persons: tuple[str, ...]) -> str:
        searches = self.watch.count(call.scope, collection_id, persons[0], call.now)
        if searches <= self.a_day:
            return ""
        found = self._find(call, collection_id, lambda each: each.names(persons))
        used = "" if found is None else found.identifier
        if searches == self.a_day + 1:
            self.alert(Alert(call, collection_id, persons[0], searches, used))
        if found is None:
            raise AccessDeniedException(
                f"This person was searched for more than {self.a_day} times today in collection "
                f"{collection_id}; more needs an authorisation that names the person"
            )
        return used

    def _find(
        self,
        call: CallContext,
        collection_id: str,
        suits: Callable[[Authorisation], bool],
    ) -> Authorisation | None:
        """Return an authorisation of a caller; what is seconds old is asked first."""
        scope, name = call.scope, _name(call)
        for fresh in (False, True):
            for each in self.authorisations.usable(scope.account, call.now, fresh=fresh):
                if each.covers(scope.region, collection_id, name) and suits(each):
                    return each
        return None


def _name(call: CallContext) -> str:
    return call.principal.name or call.principal.access_key_id
