"""Words that could not be read: they are named, or asked about, and never skipped."""

from backtest_engine.language.reader import Problem, Reader
from backtest_engine.language.tables import EXAMPLES


def give_up(r: Reader, start: int) -> None:
    """Name the words from here to the end of the clause, and go on behind them."""
    at = min(max(r.furthest, start), len(r.words) - 1)
    end = start + 1
    while end < len(r.words) and not (r.words[end].kind == "end" or (end > at and r.words[end].text in (",", ":"))):
        end += 1
    if _ask_about_vague_words(r, start, end):
        r.go(end)
        return
    if any(match.kind == "MARKET" for place in range(start, end) for match in r.found[place]):
        r.problems.append(
            Problem(
                text=r.span(start, end),
                start=r.words[start].start,
                end=r.words[end - 1].end,
                why="a rule sees the prices of one symbol only, the one that it trades, under the name of 'price'",
                code="needs_second_symbol",
            )
        )
        r.go(end)
        return
    stuck = r.words[at]
    where = f" from '{stuck.text.strip()}' on" if at > start and stuck.text.strip() else ""
    r.problems.append(
        Problem(
            text=r.span(start, end),
            start=r.words[start].start,
            end=r.words[end - 1].end,
            why=f"this cannot be read as a rule{where}",
        )
    )
    r.go(end)


def _ask_about_vague_words(r: Reader, start: int, end: int) -> bool:
    """Ask what a word means that stands for a condition only once somebody says which."""
    asked = False
    place = start
    while place < end:
        match = next((m for m in r.found[place] if m.kind == "VAGUE"), None)
        if match is None or match.value not in EXAMPLES:
            place += 1
            continue
        words = r.span(place, match.end)
        r.ask(
            f"What does '{words}' mean in numbers? For example: {EXAMPLES[match.value]}.",
            words.lower(),
            place,
            match.end,
        )
        asked = True
        place = match.end
    return asked
