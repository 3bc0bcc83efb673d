"""The terms of a trade: what stops it, what it aims at, how long it is held and how large it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backtest_engine.language.nodes import Joined, Node, Wrapped
from backtest_engine.language.outline import Outline, Protection
from backtest_engine.language.reader import Reader
from backtest_engine.language.settling import SideName
from backtest_engine.spec import FractionSize, Indicator, Level, Price, RiskDistance, RiskSize

EXCLUDED = {"stop_loss": "no_stop", "take_profit": "no_target", "trailing_stop": "no_trailing"}


@dataclass
class Terms:
    """Settles stops, targets and sizes, and asks where they contradict each other; `words` gets the user's own."""

    r: Reader
    outline: Outline
    entries: Mapping[SideName, Node]
    words: dict[str, str]

    def protections(self, name: SideName) -> dict[str, Any]:
        """Return how the positions of one side end, apart from their exit."""
        fields: dict[str, Any] = {}
        said: dict[str, str] = {}
        for protection in self.outline.protections:
            if protection.side not in (None, name):
                continue
            losing = "below" if name == "long" else "above"
            right = {"stop_loss": losing, "take_profit": "above" if name == "long" else "below"}.get(protection.rule)
            if right and protection.beside and protection.beside != right:
                self.r.ask(
                    f"A {name} position's {protection.rule.replace('_', ' ')} lies {right} the price, but "
                    f"'{self.r.span(*protection.places)}' says {protection.beside}; which is meant?",
                    protection.rule.replace("_", " "),
                    *protection.places,
                )
            if protection.rule in fields and fields[protection.rule] != protection.value:
                self.r.ask(
                    f"There are two different values for the {protection.rule.replace('_', ' ')}; which one holds?",
                    protection.rule.replace("_", " "),
                    *protection.places,
                )
            self._ask_about_its_bar(protection, name)
            if self._is_for_the_other(protection, name):
                self.r.ask(
                    f"'{self.r.span(*protection.places)}' suits one side only; where is it for {name} positions?",
                    protection.rule.replace("_", " "),
                    *protection.places,
                )
            fields[protection.rule] = protection.value
            said[protection.rule] = self.r.span(*protection.places)
        for rule, exclusion in EXCLUDED.items():
            if rule in fields and exclusion in self.outline.restrictions:
                what = rule.replace("_", " ")
                self.r.ask(f"A {what} is described and also excluded; which holds?", what, 0, len(self.r.words))
        for rule, words in said.items():
            self.words[f"{name}.{rule}"] = words
        if "stop_loss" in fields or "take_profit" in fields:
            self.r.assume("stops and targets are measured from the close of the signal bar")
        self._assume_the_risk(fields)
        return fields

    def _ask_about_its_bar(self, protection: Protection, name: SideName) -> None:
        """`an inside day and then a close above it, stop at its low`: the low of which of the two bars?"""
        words = self.r.span(*protection.places)
        if isinstance(protection.value, Level) and " its " in f" {words.lower()} " and _looks_back(self.entries[name]):
            self.r.ask(
                f"Which bar's is meant in '{words}': the signal bar's, or that of the bar before it?",
                "which bar",
                *protection.places,
            )

    def _assume_the_risk(self, fields: Mapping[str, Any]) -> None:
        by_risk = any(isinstance(value, RiskSize) for value, _ in self.outline.sizes)
        by_risk = by_risk or isinstance(fields.get("take_profit"), RiskDistance)
        if by_risk and "trailing_stop" in fields and "stop_loss" not in fields:
            self.r.assume("the risk of a trade is measured to where its trailing stop begins")

    def _is_for_the_other(self, protection: Protection, name: SideName) -> bool:
        """Whether a level that both sides share lies where only the other one can use it."""
        if len(self.entries) < 2 or protection.side is not None or not isinstance(protection.value, Level):
            return False
        at = protection.value.at
        end = (at.output or at.name) if isinstance(at, Indicator) else at.field if isinstance(at, Price) else ""
        below = end in ("lower", "lowest", "low")
        above = end in ("upper", "highest", "high")
        losing_below = (name == "long") == (protection.rule == "stop_loss")
        return above if losing_below else below

    def sizing(self) -> Any:
        """Return how large a position is."""
        values = list(dict.fromkeys(value for value, _ in self.outline.sizes))
        if len(values) > 1:
            self.r.ask(
                "There are two different position sizes; which one holds?", "position size", *self.outline.sizes[-1][1]
            )
        entries = self.outline.max_entries or 1
        if values:
            words = " ".join(self.r.span(*places).lower() for _, places in self.outline.sizes)
            shared = entries > 1 and isinstance(values[0], FractionSize) and "cash" in words
            # Of several entries, each takes its share of the cash that is left.
            return values[0].model_copy(update={"of": "available"}) if shared else values[0]
        if entries > 1:
            self.r.assume(f"each of the {entries} entries takes an equal share of the equity")
        else:
            self.r.assume("each position takes all of the equity")
        return FractionSize(fraction=round(1 / entries, 12))


def _looks_back(node: Node) -> bool:
    """Whether a condition is about an earlier bar as a whole."""
    match node:
        case Joined():
            return any(map(_looks_back, node.parts))
        case Wrapped():
            return node.kind == "ago" or _looks_back(node.inner)
    return False
