"""Questions with options to click: what was not understood, with wordings that the reader reads, nearest first."""

import hashlib
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Option:
    """One answer to click: `wording` takes the place of the words that were asked about."""

    label: str
    wording: str
    id: str = ""

    def __post_init__(self) -> None:
        """Name the option by its wording, if nothing else: it keeps its name whatever else is offered beside it."""
        if not self.id:
            object.__setattr__(self, "id", "o_" + hashlib.sha256(self.wording.encode()).hexdigest()[:10])

    def as_dict(self) -> dict[str, str]:
        """Return the option as a client gets it."""
        return {"id": self.id, "label": self.label, "wording": self.wording}


@dataclass(frozen=True, kw_only=True)
class OpenQuestion:
    """What must be said before anything runs; answered by an option's id or in free words.

    `start` and `end` are places in the description as it stands after the answers so far. `scope` says what an answer
    does: it takes the place of the words (`clause`), of the description (`whole`), is said beside it (`beside`), or is
    the value of a setting (`setting`).
    """

    question: str
    about: str
    start: int
    end: int
    text: str
    options: tuple[Option, ...] = ()
    scope: str = "clause"
    id: str = field(init=False)

    def __post_init__(self) -> None:
        """Name the question by what it asks of which words: the same words are asked about under the same name."""
        asked = f"{self.scope}|{self.question}|{' '.join(self.text.lower().split())}"
        object.__setattr__(self, "id", "q_" + hashlib.sha256(asked.encode()).hexdigest()[:10])

    def as_dict(self) -> dict[str, Any]:
        """Return the question as a client gets it."""
        shown = {"id": self.id, "question": self.question, "about": self.about, "text": self.text}
        return {
            **shown,
            "start": self.start,
            "end": self.end,
            "options": [option.as_dict() for option in self.options],
        }
