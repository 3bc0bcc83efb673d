"""How a strategy differs from one that does what was asked, in the words of traders."""

import ast
import re
from dataclasses import dataclass

from backtest_engine.diagnostics.meaning import Meaning, Renderer, meaning_of
from backtest_engine.diagnostics.order_calls import order_calls
from backtest_engine.diagnostics.source import Source


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One difference: the code of its rule, where it shows, and what it is."""

    code: str
    line: int | None
    message: str


def same_rules(source: Source, intended: Source) -> bool:
    """Whether two programs name the same indicators, conditions, sizes and stops, word for word."""
    mine, meant = meaning_of(source), meaning_of(intended)
    actions = set(mine.actions) | set(meant.actions)
    return (
        bool(mine.indicators)
        and mine.indicators == meant.indicators
        and all(_atoms(mine, action) == _atoms(meant, action) for action in actions)
        and mine.sizes == meant.sizes
        and mine.protected == meant.protected
    )


def differences(source: Source, intended: Source) -> list[Difference]:
    """Return how the meaning of a source differs from the intended one, the most telling difference first."""
    key = f"_differences_{hash(intended.code)}"
    known: list[Difference] | None = source.__dict__.get(key)
    if known is None:
        known = source.__dict__[key] = _Comparison(source, intended).found()
    return known


class _Comparison:
    def __init__(self, source: Source, intended: Source) -> None:
        self.source, self.intended = source, intended
        self.mine, self.meant = meaning_of(source), meaning_of(intended)

    def found(self) -> list[Difference]:
        if not self.meant.actions or not self.mine.actions:
            return []
        found: list[Difference] = []
        for step in (
            self._inverted,
            self._direction,
            self._indicators,
            self._conditions,
            self._exit,
            self._stops,
            self._size,
        ):
            difference = step()
            if difference:
                found.append(difference)
                if difference.code in ("inverted_signal", "wrong_direction", "wrong_parameter", "wrong_indicator"):
                    break
        return found

    def _line(self, action: str) -> int | None:
        return next((rule.line for rule in order_calls(self.source) if rule.action == action), None)

    def _entry(self) -> str:
        return "buy" if "buy" in self.meant.actions else "sell"

    def _inverted(self) -> Difference | None:
        entry = self._entry()
        mine, meant = _atoms(self.mine, entry), _atoms(self.meant, entry)
        if not mine or mine == meant:
            return None
        turned = {_turned(atom) for atom in mine}
        leaving = _atoms(self.meant, "close")
        mirrored = {_masked(atom) for atom in turned} == {_masked(atom) for atom in meant}
        if turned == meant or _loose(turned) == _loose(meant) or mirrored or (leaving and mine == leaving):
            what = f"It enters when {_say(mine)}; asked for is {_say(meant)}."
            return Difference(code="inverted_signal", line=self._line(entry), message=what)
        return None

    def _direction(self) -> Difference | None:
        mine, meant = self.mine.directions, self.meant.directions
        if mine == meant:
            return None
        if mine - meant:
            word = "short" if "short" in mine - meant else "long"
            action = "sell" if word == "short" else "buy"
            return Difference(
                code="wrong_direction",
                line=self._line(action),
                message=f"It also goes {word}; asked for is {' and '.join(sorted(meant))} only.",
            )
        word = next(iter(meant - mine))
        return Difference(code="wrong_direction", line=None, message=f"It never goes {word}, which was asked for.")

    def _indicators(self) -> Difference | None:
        mine, meant = self.mine.indicators, self.meant.indicators
        if mine == meant or not mine:
            return None
        missing, extra = meant - mine, mine - meant
        names = [re.sub(r"\(.*", "", item) for item in missing.elements()]
        others = [re.sub(r"\(.*", "", item) for item in extra.elements()]
        if missing and sorted(names) == sorted(others):
            said = f"It uses {_list(extra)}; asked for is {_list(missing)}."
            return Difference(code="wrong_parameter", line=self._indicator_line(extra), message=said)
        if missing and extra and all(_known(item) for item in others) and set(others) != set(names):
            said = f"It uses {_list(extra)}; asked for is {_list(missing)}."
            return Difference(code="wrong_indicator", line=self._indicator_line(extra), message=said)
        if extra and not missing and all(_known(item) for item in others):
            said = f"It uses {_list(extra)}, which nobody asked for and which moves the first bar."
            return Difference(code="unasked_indicator", line=self._indicator_line(extra), message=said)
        if missing and not extra and all(_known(item) for item in names):
            return Difference(
                code="missing_condition", line=None, message=f"It does not use {_list(missing)}, which was asked for."
            )
        return None

    def _indicator_line(self, labels: "dict[str, int]") -> int | None:
        renderer = Renderer(self.source)
        return next((call.line for call in self.source.indicators if renderer.indicator(call) in labels), None)

    def _conditions(self) -> Difference | None:
        for action in (self._entry(), "close"):
            mine, meant = _atoms(self.mine, action), _atoms(self.meant, action)
            if not mine or not meant or mine == meant:
                continue
            where = "entry" if action != "close" else "exit"
            line = self._line(action)
            said = f"The {where} is {_say(mine)}; asked for is {_say(meant)}."
            if {_masked(item) for item in mine} == {_masked(item) for item in meant}:
                return Difference(code="wrong_threshold", line=line, message=said)
            if _loose(mine) == _loose(meant):
                return Difference(code="level_instead_of_cross", line=line, message=said)
            if mine > meant:
                return Difference(
                    code="unasked_condition",
                    line=line,
                    message=f"The {where} also asks {_say(mine - meant)}, which nobody asked for.",
                )
            if mine < meant:
                return Difference(
                    code="missing_condition", line=line, message=f"The {where} does not ask {_say(meant - mine)}."
                )
            if any(" or " in item for item in mine) != any(" or " in item for item in meant):
                return Difference(code="wrong_logic", line=line, message=said)
        return None

    def _exit(self) -> Difference | None:
        leaves = "close" in self.meant.actions or self.meant.protected & {"sl", "tp"}
        if (
            leaves
            and "close" not in self.mine.actions
            and not self.mine.protected & {"sl", "tp"}
            and self.mine.directions == self.meant.directions
        ):
            return Difference(
                code="missing_exit", line=None, message="It never leaves a position; an exit was asked for."
            )
        return None

    def _stops(self) -> Difference | None:
        mine, meant = self.mine.protected & {"sl", "tp"}, self.meant.protected & {"sl", "tp"}
        moved = any(
            isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr in ("sl", "tp")
            for node in (*self.source.nodes, *self.intended.nodes)
        )
        if mine == meant or moved:
            return None
        words = {"sl": "stop loss", "tp": "take profit"}
        if meant - mine:
            return Difference(
                code="missing_stop",
                line=self._line(self._entry()),
                message=f"It has no {words[min(meant - mine)]}, which was asked for.",
            )
        return Difference(
            code="unasked_stop",
            line=self._line(self._entry()),
            message=f"It has a {words[min(mine - meant)]}, which nobody asked for.",
        )

    def _size(self) -> Difference | None:
        entry = self._entry()
        mine, meant = self.mine.sizes.get(entry, frozenset()), self.meant.sizes.get(entry, frozenset())
        if not mine or not meant or mine == meant:
            return None
        said = f"Its size is {_list(mine) or 'all in'}; asked for is {_list(meant) or 'all in'}."
        return Difference(code="wrong_size", line=self._line(entry), message=said)


def _atoms(meaning: Meaning, action: str) -> frozenset[str]:
    """Return the conditions of an action, crossings recognised however they are written."""
    found: set[str] = set()
    for text in meaning.actions.get(action, frozenset()):
        found |= _crossings(set(filter(None, text.split(" and "))))
    return frozenset(found)


def _crossings(atoms: set[str]) -> set[str]:
    """Join `a > b` with `b[-2] >= a[-2]` to `a crosses above b`."""
    for atom in sorted(atoms):
        parts = re.fullmatch(r"(.+?) >=? (.+)", atom)
        if not parts or atom not in atoms:
            continue
        before = {f"{_earlier(parts[2])} {sign} {_earlier(parts[1])}" for sign in (">", ">=")}
        matched = before & atoms
        if matched:
            atoms = (atoms - matched - {atom}) | {f"{parts[1]} crosses above {parts[2]}"}
    return atoms


def _earlier(text: str) -> str:
    return text if re.fullmatch(r"-?[\d.]+", text) else f"{text}[-2]"


def _turned(atom: str) -> str:
    for word in (" crosses above ", " >= ", " > "):
        if word in atom:
            left, right = atom.split(word, 1)
            return f"{right}{word}{left}"
    return atom


def _loose(atoms: "set[str] | frozenset[str]") -> frozenset[str]:
    return frozenset(re.sub(r" crosses above | >= ", " > ", atom) for atom in atoms)


def _masked(atom: str) -> str:
    """Replace numbers that are not parameters of an indicator."""
    return re.sub(r"(?<![\w(,.])-?\d+(?:\.\d+)?(?![\w,.)])", "#", atom)


def _known(name: str) -> bool:
    return name.isupper()


def _say(atoms: "set[str] | frozenset[str]") -> str:
    return " and ".join(sorted(atoms)) or "nothing"


def _list(items: "frozenset[str] | dict[str, int]") -> str:
    return ", ".join(sorted(item for item in items if item))
