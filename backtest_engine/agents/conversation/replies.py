# ruff: noqa: E501  # a pattern is read as one line
"""Answers to questions: by an option's id, by its words, by its place, or a plain yes."""

import re
from collections.abc import Mapping

from backtest_engine.agents.conversation.state import Option, Question
from backtest_engine.agents.conversation.words import fillers, listen

_YES = re.compile(
    r"^(?:(?:yes|yeah|yep|yup|sure|ok|okay|please|do it|go ahead|correct|right|exactly|that is right|do that|fine|sounds good|go|that|it)[ ,.!]*)+$"
)
_NO = re.compile(
    r"^(?:(?:no|nope|nah|neither|none|leave it|never ?mind|forget it|cancel|keep it|as it is|do not|none of (?:them|those|these)|thanks|skip it)[ ,.!]*)+$"
)
_ORDER = (
    re.compile(r"\b(?:first|1st|former|option 1|number 1|number one|option one)\b|^1[.)]?$|^a$"),
    re.compile(r"\b(?:second|2nd|latter|option 2|number 2|number two|option two)\b|^2[.)]?$|^b$"),
    re.compile(r"\b(?:third|3rd|option 3|number 3|number three)\b|^3[.)]?$|^c$"),
)
_SAYS_NOTHING = frozenset(
    [
        "one",
        "ones",
        "mean",
        "meant",
        "i'd",
        "i'll",
        "it's",
        "only",
        "number",
        "rule",
        "choose",
        "pick",
        "take",
        "instead",
    ]
)


def chosen(question: Question, text: str, answers: Mapping[str, str]) -> Option | None:
    """Return the option that is meant, None where the turn means none for sure."""
    by_id = {option.id: option for option in question.options}
    picked = answers.get(question.id)
    if picked in by_id:
        return by_id[picked]
    plain = listen(picked or text).plain.strip(" .!?")
    if not plain:
        return None
    if plain in by_id:
        return by_id[plain]
    if _YES.match(plain):
        return question.options[0] if len(question.options) == 1 else None
    words = {_stem(word) for word in re.findall(r"[a-z]+|\d+(?:\.\d+)?", plain)} - fillers() - _SAYS_NOTHING
    if words:
        meant = [option for option in question.options if words <= _words(option)]
        if len(meant) == 1:
            return meant[0]
    for place, pattern in enumerate(_ORDER):
        if pattern.search(plain) and place < len(question.options) and len(plain.split()) <= 4:
            return question.options[place]
    return None


def declined(text: str) -> bool:
    """Whether somebody wants nothing of what was offered."""
    return bool(_NO.match(listen(text).plain.strip()))


def _words(option: Option) -> set[str]:
    text = f"{option.label} {option.wording}".lower()
    return {_stem(word) for word in re.findall(r"[a-z]+|\d+(?:\.\d+)?", text)}


def _stem(word: str) -> str:
    return word.rstrip("s") if len(word) > 3 else word
