"""Is there an order in which calls made at once could have been made one after the other?"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

State = TypeVar("State", bound=Hashable)
"""Of a model; compared by its content."""


@dataclass(frozen=True, slots=True)
class Done:
    """A call with what it was told."""

    call: Any
    answer: Any
    began: float
    """On one clock for all callers."""
    ended: float


def find_order(
    callers: Sequence[Sequence[Done]],
    state: State,
    do: Callable[[State, Any], tuple[State, Any]],
) -> list[Done] | None:
    """Return an order in which a sequential model gives every caller's answers, or None.

    A call that ended before another began comes before it: Herlihy and Wing's linearizability,
    searched for depth first, with dead ends remembered (Wing and Gong; Lowe).

    Args:
        callers: the calls of each, in the order in which it made them.
        state: before all calls.
        do: the model: state and call to the state after it and the answer.
    """
    dead: set[tuple[tuple[int, ...], Hashable]] = set()
    order: list[Done] = []
    begin = tuple(0 for _ in callers)
    # A stack of own: a thousand calls would be too deep for Python's.
    stack = [(begin, state, _next(callers, begin))]
    while stack:
        at, now, choices = stack[-1]
        if all(place == len(calls) for place, calls in zip(at, callers, strict=True)):
            return order
        while choices:
            caller = choices.pop()
            done = callers[caller][at[caller]]
            after, answer = do(now, done.call)
            there = (*at[:caller], at[caller] + 1, *at[caller + 1 :])
            if answer == done.answer and (there, after) not in dead:
                order.append(done)
                stack.append((there, after, _next(callers, there)))
                break
        else:
            dead.add((at, now))
            stack.pop()
            if order:
                order.pop()
    return None


def _next(callers: Sequence[Sequence[Done]], at: tuple[int, ...]) -> list[int]:
    """Return the callers whose next call may come now: no other's has ended before it began."""
    open_ = [n for n, place in enumerate(at) if place < len(callers[n])]
    first_end = min((callers[n][at[n]].ended for n in open_), default=0.0)
    return [n for n in open_ if callers[n][at[n]].began <= first_end]
