# ruff: noqa: E501  # a pattern is read as one line
"""What a turn says about a strategy that is there: how to run it, and what to change."""

import re
from dataclasses import dataclass, replace

from backtest_engine.agents.conversation.edits.base import Situation
from backtest_engine.agents.conversation.edits.reading import Edited, read_edits
from backtest_engine.agents.conversation.edits.slots import slots_of
from backtest_engine.agents.conversation.settings import Run, read_run
from backtest_engine.agents.conversation.state import State
from backtest_engine.agents.conversation.words import Said, fillers
from backtest_engine.language.scan import scan
from backtest_engine.spec import StrategySpec

# `No, I meant the exit`: what was done last was not what was wanted.
_MEANT = re.compile(
    r"^(?:no|nope|wait|sorry|oops|not (?:that|the entry|the exit))?[,. ]*(?:i (?:meant|mean|wanted)|that was (?:meant )?for|should have been)\s*:?\s*(?P<rest>.+)$"
)
_AS_BEFORE = re.compile(
    r",?\s*(?:and |but )?(?:leave|keep|put|restore)(?: the)? (?:entry|exit|stop|rest|other|others|everything else|it)(?: back)?(?: as it was| alone| as is| unchanged| the same| like (?:it was|before)| how it was)?[ .!]*$"
)
_BEST = re.compile(
    r"^(?:(?:ok|please|and|then|now|,|yes)\s*)*(?:use|take|go with|pick|keep|apply|set|adopt|choose)(?: it to)? (?:the |that )?(?:best|winner|winning|optimal|top)(?: (?:one|value|setting|result|period|parameters?|level|stop|of (?:them|those)))?[ .!]*$"
)
_LEADS = re.compile(
    r"^(?:(?:no|nope|actually|rather|wait|sorry|oops|hmm+|make (?:it|that)|i mean(?:t)?|or|better)[,. ]*)+(?=\d)",
    re.IGNORECASE,
)

_BARE = re.compile(r"^[\d.]+\s*(?:%|[a-z]+)?[ .!]*$")
_LOOSE = frozenset(
    [
        "how",
        "does",
        "did",
        "do",
        "would",
        "perform",
        "performs",
        "fare",
        "work",
        "what",
        "if",
        "happen",
        "happens",
        "were",
        "was",
        "look",
        "looks",
        "only",
        "in",
        "on",
        "from",
        "at",
        "during",
        "over",
        "period",
        "years",
        "year",
        "data",
        "symbol",
        "market",
        "starting",
        "ending",
        "instead",
        "time",
        "chart",
        "bars",
        "between",
        "for",
    ]
)
_NO_MORE = re.compile(
    r"^(?:(?:ok|please|now|just|and|then|,)\s*)*(?:re-?run|run|backtest|test|execute|go|do it|again|once more|try again|run (?:it|that|this)(?: again)?|same again)(?: (?:it|that|this|again|once more|the backtest|the test|now|please))*[ .!]*$"
)


@dataclass(frozen=True, kw_only=True)
class Refined:
    """A turn read as a refinement. `base` is the strategy that the edits change, an earlier one after `no, I meant …`."""

    run: Run
    edited: Edited
    base: StrategySpec
    taken_back: bool = False
    refused: str = ""
    again: bool = False

    @property
    def edits(self) -> bool:
        """Whether the strategy is spoken of in words that were understood."""
        return self.edited.understood > 0

    @property
    def open(self) -> bool:
        """Whether something stands in the way of doing it at once."""
        edited = self.edited
        return bool(edited.unread or edited.impossible or edited.choices or edited.question or self.run.conflicts)


def refine(said: Said, state: State) -> Refined:
    """Read a turn as a refinement of the strategy that the conversation has."""
    spec = StrategySpec.model_validate(state.spec)
    earlier = tuple(
        StrategySpec.model_validate(change.spec) for change in reversed(state.changes[:-1]) if change.spec is not None
    )
    text, base, taken_back = said.text, spec, False
    if (match := _MEANT.match(said.plain)) and (before := _before(state)) is not None:
        text, base, taken_back = _AS_BEFORE.sub("", match["rest"]), before, True
    elif _AS_BEFORE.search(said.plain) and _AS_BEFORE.sub("", said.plain).strip(" ,"):
        text = _AS_BEFORE.sub("", said.plain)
    correcting = taken_back or bool(_LEADS.match(said.plain))
    if taken_back and _BARE.match(text):
        base, taken_back = spec, False
    if correcting and not taken_back:
        text = _LEADS.sub("", text)
    run = read_run(text)
    if _BEST.match(said.plain):
        if state.best is None:
            why = "nothing was tried out yet that has a best one: ask for it, as in 'try RSI 5 to 30'"
            return Refined(run=run, edited=Edited(spec=spec, impossible=why), base=base)
        best = StrategySpec.model_validate(state.best)
        return Refined(run=run, edited=Edited(spec=best, understood=1), base=base)
    plain = re.sub(r"\s+", " ", run.rest.lower()).strip()
    edited = read_edits(
        plain, Situation(spec=base, earlier=earlier, touched=_touched(state, spec), correcting=correcting)
    )
    if edited.unread and run.said:
        edited = _without_loose(edited)
    refused = _refusal(" ".join(edited.unread)) if edited.unread else ""
    return Refined(
        run=run,
        edited=edited,
        base=base,
        taken_back=taken_back,
        refused=refused,
        again=bool(_NO_MORE.match(said.plain)),
    )


def _before(state: State) -> StrategySpec | None:
    """Return the strategy before the last change, None where that was none."""
    change = state.change
    if change is None or change.parent is None or change.turn != state.turn - 1:
        return None
    spec = state.changes[change.parent].spec
    return None if spec is None or spec == change.spec else StrategySpec.model_validate(spec)


def _touched(state: State, spec: StrategySpec) -> frozenset[tuple[str | int, ...]]:
    """Return the places of the numbers that the last turn set."""
    change = state.change
    if change is None or change.parent is None or change.turn != state.turn - 1:
        return frozenset()
    before = state.changes[change.parent].spec
    if before is None:
        return frozenset()
    known = {(path, slot.value) for slot in slots_of(StrategySpec.model_validate(before)) for path in slot.paths}
    return frozenset(path for slot in slots_of(spec) for path in slot.paths if (path, slot.value) not in known)


def _without_loose(edited: Edited) -> Edited:
    """Drop what only stood around dates and markets."""
    unread = tuple(text for text in edited.unread if set(re.findall(r"[a-z0-9']+", text)) - fillers() - _LOOSE)
    return replace(edited, unread=unread, choices=edited.choices if unread else ())


def _refusal(text: str) -> str:
    """Return why words ask for what no strategy here can see, empty where they do not."""
    problems = [one for one in scan(text).problems if one.code not in ("not_understood", "unknown_word", "impossible")]
    return "; ".join(dict.fromkeys(f"'{one.text}' {one.why}" for one in problems))
