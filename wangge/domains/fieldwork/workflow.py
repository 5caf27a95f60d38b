"""What may become of the things of fieldwork: each table of states with the ways out of every one. No Django here.

A state without a way out is not named. `actions/steps.py` is the only place that writes a state.
"""

from __future__ import annotations

MOVES: dict[str, dict[str, frozenset[str]]] = {
    # Walked after all, a round that was missed or let off counts as done: a phone may have had no signal.
    "round": {
        "due": frozenset({"done", "missed", "exempt"}),
        "missed": frozenset({"done", "exempt"}),
        "exempt": frozenset({"done"}),
    },
    "roundpoint": {"due": frozenset({"seen", "not_possible"}), "not_possible": frozenset({"seen"})},
    "fieldtask": {"open": frozenset({"done", "withdrawn"})},
    "campaign": {"ready": frozenset({"running", "ended"}), "running": frozenset({"ended"})},
    "visitdue": {"open": frozenset({"made", "declined", "dropped"})},
    "refused": {
        "open": frozenset({"handed", "sent_anew", "taken_over", "dropped"}),
        "handed": frozenset({"sent_anew", "taken_over", "dropped"}),
    },
    "referral": {"sent": frozenset({"taken", "ended"}), "taken": frozenset({"sent", "ended"})},
}


def may_become(kind: str, state: str, new: str) -> bool:
    """Whether a thing of a kind (the name of its table) may go from one state to another."""
    return new in MOVES[kind].get(state, frozenset())


def before(kind: str, new: str) -> list[str]:
    """The states from which a state is reached."""
    return sorted(state for state, ways in MOVES[kind].items() if new in ways)
