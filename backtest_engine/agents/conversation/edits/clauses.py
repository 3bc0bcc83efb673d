# ruff: noqa: E501  # a pattern is read as one line
"""A turn in clauses, and the words around an edit that say nothing: `let's make the …`, `… instead, please`."""

import re
from dataclasses import dataclass, replace

from backtest_engine.agents.conversation.words import fillers
from backtest_engine.language.vocabulary import NUMBERS

_BREAK = re.compile(
    r"\s*(?:[,;\n]|\.(?=\s|$)|!|\?|:(?=\s|$)|\s-\s|\b(?:and|but|plus|then)\b|(?<=[\d%])\s+(?=(?:sell|exit|buy|cover)\s+(?:at\s+)?\d))\s*"
)
# What was said before one of these is taken back.
_TAKEN_BACK = re.compile(
    r"^[. ]*(?:no,? )?(?:(?:oh |ah )?(?:no )?wait(?: no)?|scratch that|correction|i mean(?:t)?|sorry|no sorry|make that|or rather|rather|nope|no)$"
)
_LEAD = re.compile(
    r"^(?:(?:ok(?:ay)?|hmm+|well|so|now|then|and|but|also|plus|please|just|maybe|perhaps|try|let us|i (?:want|would like|need|think)|"
    r"can you|could you|we|you|should|would|to|go|going|do|have|use|using|with|make|set|put|add|change|switch|move|adjust|give|me|it|that|"
    r"the|a|an|my|its|bring|take|want|like|for|of|run|test|want to|be|there|is|instead|right|what about|how about|what if|if|simply|really|what would happen with|what happens with|how would it do with|how does it do with|allow|permit|were|was|keep going with)\b[,:]?\s*)+"
)
_TAIL = re.compile(
    r"(?:[\s,]*\b(?:instead|please|again|now|too|as well|then|there|thanks|though|rather|maybe|ok|in (?:the|a) (?:trade|position)|"
    r"per (?:trade|position)|for (?:now|me)|on top(?: of that)?|to it|right|lol|mate|bro|man|also|here|first)\b[.!]*)+$"
)
# `Add a volume filter: …` only says what comes.
_HEADING = re.compile(
    r"(?:and |also |please |then )*(?:add |use |with |put in )?(?:a |an |another |one more )?(?:[a-z]+ ){0,2}(?:filter|condition|rule)"
)
_COUNTED = {words: value for value, spoken in NUMBERS.items() for words in spoken if value >= 2 and value == int(value)}


@dataclass(frozen=True, kw_only=True)
class Atom:
    """A piece between two breaks, and the break before it; `corrects` is the piece that it takes the place of."""

    text: str
    joint: str
    corrects: str = ""


def atoms(plain: str) -> list[Atom]:
    """Return the pieces of a turn, without those that were taken back at once and those that say nothing."""
    pieces: list[Atom] = []
    place, joint = 0, ""
    for match in [*_BREAK.finditer(plain), None]:
        text = plain[place : match.start()] if match else plain[place:]
        if text.strip():
            pieces.append(Atom(text=text.strip(), joint=joint))
            joint = ""
        if match is None:
            break
        joint = joint or match.group().strip()
        place = match.end()
    kept: list[Atom] = []
    corrected = ""
    for piece, following in zip(pieces, [*pieces[1:], None], strict=False):
        if _TAKEN_BACK.fullmatch(piece.text):
            corrected = kept.pop().text if kept else corrected
            continue
        if following is not None and following.joint == ":" and _HEADING.fullmatch(piece.text):
            continue
        words = re.findall(r"[a-z0-9%']+", piece.text)
        if words and all(word in fillers() for word in words):
            continue
        kept.append(replace(piece, corrects=corrected))
        corrected = ""
    return kept


def joined(pieces: list[Atom]) -> str:
    """Return pieces as one text, with the words that stood between them."""
    text = pieces[0].text
    for piece in pieces[1:]:
        text += f"{'' if piece.joint in (',', ';', ':') else ' '}{piece.joint} {piece.text}"
    return text


def bare(clause: str) -> str:
    """Return a clause without the words around it that say nothing."""
    text = _TAIL.sub("", clause).strip(" ,.!")
    text = _LEAD.sub("", text)
    return _TAIL.sub("", text).strip(" ,.!")


def counted(text: str) -> str:
    """Return a text with numbers in digits that were said in words."""
    return re.sub(
        r"\b[a-z]+(?: (?:hundred|one|two|three|four|five|six|seven|eight|nine))?\b",
        lambda match: f"{_COUNTED[match.group()]:g}" if match.group() in _COUNTED else match.group(),
        text,
    )
