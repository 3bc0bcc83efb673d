"""Reading a turn as edits: every clause by a reader that understands it; nothing is applied unless all are read."""

from dataclasses import dataclass, field, replace

from backtest_engine.agents.conversation.edits import READERS
from backtest_engine.agents.conversation.edits.base import Choice, Impossible, Reading, Situation
from backtest_engine.agents.conversation.edits.clauses import Atom, atoms, joined
from backtest_engine.spec import StrategySpec

# A turn of more clauses is a text to be read anew.
MOST_CLAUSES = 10


@dataclass(frozen=True, kw_only=True)
class Edited:
    """What became of a turn: the strategy after it, or what stands in the way.

    `choices` are the things that it may mean. `unread` are clauses that nobody understood, `impossible` says why
    something cannot be done.
    """

    spec: StrategySpec
    choices: tuple[Choice, ...] = ()
    question: str = ""
    unread: tuple[str, ...] = ()
    impossible: str = ""
    understood: int = 0


@dataclass
class _Progress:
    now: Situation
    unread: list[str] = field(default_factory=list)
    understood: int = 0


def read_edits(plain: str, now: Situation) -> Edited:
    """Return the strategy after all edits of a turn; its own where something is open."""
    pieces = atoms(plain)[:MOST_CLAUSES]
    progress = _Progress(now)
    place = 0
    while place < len(pieces):
        try:
            end, reading = _longest(pieces, place, progress.now)
        except Impossible as refusal:
            return Edited(spec=now.spec, impossible=refusal.why, understood=progress.understood + 1)
        if reading is None:
            progress.unread.append(pieces[place].text)
            place += 1
            continue
        progress.understood += 1
        sure = len(reading.choices) == 1 and reading.choices[0].sure
        if not sure:
            others = joined(pieces[:place] + pieces[end:]) if place or end < len(pieces) else ""
            return _open(reading, progress, now, others)
        progress.now = replace(progress.now, spec=reading.choices[0].spec, role=reading.role or progress.now.role)
        place = end
    if progress.unread:
        return Edited(
            spec=now.spec,
            unread=tuple(progress.unread),
            understood=progress.understood,
            choices=(Choice(spec=progress.now.spec, label="the rest"),) if progress.understood else (),
        )
    return Edited(spec=progress.now.spec, understood=progress.understood)


def _longest(pieces: list[Atom], start: int, now: Situation) -> tuple[int, Reading | None]:
    """Return where the longest clause ends that somebody understands, and what it says."""
    refusal: Impossible | None = None
    for end in range(min(len(pieces), start + 4), start, -1):
        text = joined(pieces[start:end])
        if start == 0 or end > start:
            text = f"{pieces[start].joint} {text}".strip() if pieces[start].joint in ("and", "but") and start else text
        for reader in READERS:
            try:
                found = reader(text, now)
            except Impossible as error:
                refusal = refusal or error
                continue
            if found is not None:
                return end, found
    if refusal is not None:
        raise refusal
    return _correction(pieces, start, now)


def _correction(pieces: list[Atom], start: int, now: Situation) -> tuple[int, Reading | None]:
    """Read `exit at the lower band, no wait, the middle band`: the new words take the end of the old ones."""
    old = pieces[start].corrects.split()
    for length in range(1, len(old)):
        text = " ".join([*old[:length], pieces[start].text])
        for reader in READERS:
            try:
                found = reader(text, now)
            except Impossible:
                continue
            if found is not None:
                return start + 1, found
    return start, None


def _open(reading: Reading, progress: _Progress, now: Situation, others: str) -> Edited:
    """Ask about one clause; the choices carry what else the turn said, as far as that is done whichever is meant."""
    if not others:
        return Edited(spec=now.spec, choices=reading.choices, question=reading.question, understood=progress.understood)
    finished = []
    for choice in reading.choices:
        rest = read_edits(others, replace(now, spec=_over(choice, progress, now)))
        if rest.unread or rest.impossible or rest.choices or rest.question:
            return Edited(
                spec=now.spec,
                choices=(),
                question=reading.question or "Which is meant?",
                unread=(others,),
                understood=progress.understood,
            )
        finished.append(replace(choice, spec=rest.spec))
    return Edited(spec=now.spec, choices=tuple(finished), question=reading.question, understood=progress.understood)


def _over(choice: Choice, progress: _Progress, now: Situation) -> StrategySpec:
    """The choice was made on top of what came before; that is said again with the rest and changes nothing more."""
    return choice.spec
