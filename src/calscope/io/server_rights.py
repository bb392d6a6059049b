"""What this process may do for whoever asks: a server that only shows refuses everything else, whatever asks for it.

The environment of the process says it, so nobody can change it from a browser. What does something asks here first:
it raises where it may not (`require`), however it was asked: by a button, an address or a message that was made up.
"""

import os
from dataclasses import dataclass
from enum import Enum

from calscope.model.errors import NotAllowedError

READ_ONLY = "CALSCOPE_READ_ONLY"
"""Environment variable: empty or 0 for all rights, `curation` for judging alone, anything else for none."""
CURATION = "curation"
TOKEN = "CALSCOPE_TOKEN"  # noqa: S105 - the name of the variable
"""Environment variable with the token that a browser must know to come in; empty where anybody may."""
_ALL = ("", "0")
_NEXT = "Ask whoever runs it, or open the same data in a Calscope of your own."


class Right(Enum):
    """What needs a right, with what is said where it lacks."""

    RUN = "nothing is started, tried or stopped here"
    IMPORT = "results of other programs are not read into its store"
    KEEP = "what is entered here is not kept"
    REMOVE = "nothing is removed here"
    JUDGE = "components are not judged here"
    CHANGE = "components are not merged, split, drawn or deleted here"


@dataclass(frozen=True)
class ServerRights:
    """What may be done."""

    given: frozenset[Right] = frozenset(Right)

    def why_not(self, right: Right) -> str:
        """Say why something can't be done, in one sentence and the next step; empty where it can."""
        return "" if right in self.given else f"This server only shows results: {right.value}. {_NEXT}"


def server_rights() -> ServerRights:
    """Give the rights of this process."""
    said = os.environ.get(READ_ONLY, "").strip().lower()
    if said in _ALL:
        return ServerRights()
    return ServerRights(frozenset({Right.JUDGE}) if said == CURATION else frozenset())


def allowed(right: Right) -> bool:
    """Tell whether something may be done."""
    return right in server_rights().given


def require(right: Right) -> None:
    """Refuse what may not be done.

    Raises
    ------
    NotAllowedError
        When this process lacks the right.
    """
    if why := server_rights().why_not(right):
        raise NotAllowedError(why)
