# ruff: noqa: E501  # a pattern is read as one line
"""Edits of what is traded: `also short`, `longs only`, `the opposite for shorts`."""

import re

from backtest_engine.agents.conversation.edits.base import Asked, Choice, Impossible, Reading, Situation
from backtest_engine.agents.conversation.edits.changing import checked, mirrored_side
from backtest_engine.agents.conversation.edits.clauses import bare
from backtest_engine.spec import Side, StrategySpec

_ONLY = re.compile(
    r"(?:only )?(?:go |trade |do |take |be )?(?P<side>long|short)s?(?:[ -]only| only positions| positions only| side only)|only (?:go |trade |do |take )?(?P<side2>long|short)s?(?: positions| trades| side)?"
)
_NEVER = re.compile(
    r"(?:(?:do not|never|no|without|drop|remove|delete|skip|lose|stop|kill|disable|not|no more|get rid of)\s+(?:the |any |all |going |trading |trade |go |allow )*)(?P<side>long|short)(?:s|ing|ing it)?(?: side| positions?| trades?| selling| again| part| entries)?"
)
_ALSO = re.compile(
    r"(?:.*\b)?(?:let (?:it|us|me)|allow|also|enable|trade|go|with|take|do|include|add|both|short|shorts|shorting)\b.*"
)
_OTHER = re.compile(
    r"\b(?:flip(?: it)?|invert(?: it)?|opposite|reverse|mirror(?:ed)?(?: image)?|inverse|vice versa|same (?:thing )?(?:but )?(?:reversed|inverted|mirrored)|other way (?:round|around))\b"
)
_SPEAKS = re.compile(r"\b(?:shorts?|shorting|longs?|both (?:ways|sides|directions))\b")
_FREE = frozenset(
    [
        "flip",
        "invert",
        "let",
        "it",
        "us",
        "me",
        "allow",
        "also",
        "enable",
        "trade",
        "go",
        "with",
        "take",
        "do",
        "include",
        "add",
        "both",
        "short",
        "shorts",
        "shorting",
        "side",
        "sides",
        "ways",
        "directions",
        "too",
        "as",
        "well",
        "and",
        "long",
        "longs",
        "the",
        "a",
        "an",
        "positions",
        "position",
        "selling",
        "sell",
        "trades",
        "opposite",
        "reverse",
        "mirror",
        "mirrored",
        "image",
        "inverse",
        "vice",
        "versa",
        "for",
        "on",
        "in",
        "same",
        "thing",
        "but",
        "reversed",
        "inverted",
        "other",
        "way",
        "round",
        "around",
        "it's",
        "make",
        "symmetric",
        "symmetrical",
        "please",
        "of",
        "rules",
        "rule",
        "that",
        "to",
        "them",
        "can",
        "i",
        "want",
        "now",
        "everything",
        "all",
        "could",
        "you",
        "entries",
    ]
)


def read(clause: str, now: Situation) -> Reading | None:
    """Read which sides are traded."""
    words = bare(clause) or clause
    plain = clause.strip(" ,.!")
    if not _SPEAKS.search(plain) and not _OTHER.search(plain):
        return None
    if match := _ONLY.fullmatch(words) or _ONLY.fullmatch(plain):
        return _one_side(now, match["side"] or match["side2"])
    if match := _NEVER.fullmatch(words) or _NEVER.fullmatch(plain):
        return _one_side(now, "short" if match["side"] == "long" else "long")
    if set(re.findall(r"[a-z']+|\d+", plain)) <= _FREE:
        return _both_sides(plain, now)
    return None


def _one_side(now: Situation, side: str) -> Reading:
    other = "short" if side == "long" else "long"
    if side not in now.spec.sides:
        raise Impossible(f"nothing opens a {side} position yet: say when it should")
    changed = checked(now.spec, **{other: None, "reverse": False})
    kept: Side = changed.sides[side]
    if now.spec.reverse and kept.exit is None and other in now.spec.sides:
        # What turned the position round now closes it.
        entry = now.spec.sides[other].entry
        changed = checked(changed, **{side: kept.model_copy(update={"exit": entry})})
    return Reading(choices=(Choice(spec=changed, label=f"{side} positions only"),))


def _both_sides(plain: str, now: Situation) -> Reading | None:
    if len(now.spec.sides) == 2 and not _OTHER.search(plain):
        return Reading(choices=(Choice(spec=now.spec, label="both sides are traded already"),))
    if not re.search(r"\bshort|\blong|\bboth\b|\bways\b", plain):
        return Reading(
            question="What should be turned round? Say 'the opposite for shorts', or the new entry and exit."
        )
    have = next(iter(now.spec.sides))
    missing = "short" if have == "long" else "long"
    if len(now.spec.sides) == 2:
        have, missing = "long", "short"
    side = now.spec.sides[have]
    asked = Asked()
    if (mirror := mirrored_side(side)) is not None:
        asked.add(Choice(spec=_with(now.spec, missing, mirror), label=f"{missing}s are the mirror image"))
    if not _OTHER.search(plain) and side.exit is not None and (turned := _turned(side)) is not None:
        asked.add(
            Choice(spec=_with(now.spec, missing, turned), label=f"the exit opens a {missing}, the entry closes it")
        )
    if not asked.choices:
        raise Impossible(f"there is no telling what the opposite is: say when a {missing} position opens and closes")
    return asked.reading(question=f"How should {missing}s be opened and closed?")


def _turned(side: Side) -> Side | None:
    levels = any(getattr(getattr(side, name), "kind", "") == "level" for name in ("stop_loss", "take_profit"))
    if levels or side.order.kind != "market" or side.exit is None:
        return None
    return side.model_copy(update={"entry": side.exit, "exit": side.entry})


def _with(spec: StrategySpec, name: str, side: Side) -> StrategySpec:
    return checked(spec, **{name: side})
