"""The vocabulary as it is written down in `words.toml` and `topics.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

Phrases = Mapping[str, list[str]]


@dataclass(frozen=True)
class Topic:
    """A kind of request that is refused: the code, why, and what can be had instead."""

    code: str
    why: str
    offer: str = ""


@cache
def table(name: str) -> dict[str, Any]:
    """Return a file of the vocabulary; read once."""
    return tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))


def _list(name: str) -> frozenset[str]:
    return frozenset(table("words.toml")["lists"][name].split())


FILLERS = _list("fillers")
SMALL_TALK = _list("small_talk")
WEAK = _list("weak")
GRAMMAR_WORDS = _list("grammar")
NOT_A_TYPO = _list("not_a_typo")
MISSPELLINGS: Mapping[str, str] = table("words.toml")["misspellings"]
PHRASES: Mapping[str, Phrases] = table("words.toml")["phrases"]
SINGLE: Phrases = table("words.toml")["single"]
INDICATORS: Phrases = table("words.toml")["indicators"]
COMMENTARY: Mapping[str, str] = table("words.toml")["commentary"]
VAGUE: Phrases = table("topics.toml")["vague"]
EXAMPLES: Mapping[str, str] = table("topics.toml")["examples"]
TOPICS: Mapping[Topic, list[str]] = {
    Topic(entry["code"], entry["why"], entry.get("offer", "")): entry["phrases"]
    for entry in table("topics.toml")["topics"]
}
