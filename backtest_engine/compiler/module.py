"""The compiled module: imports, parameters, `init` and one branch of `next` for each rule."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from backtest_engine.compiler import snippets
from backtest_engine.compiler.declarations import Declarations
from backtest_engine.compiler.expressions import NOW, Writer
from backtest_engine.compiler.names import attribute_names, class_name
from backtest_engine.compiler.orders import Orders, longest_wait
from backtest_engine.spec import All, Condition, Side, StrategySpec
from backtest_engine.spec.warm_up import constant_shifts

SideName = Literal["long", "short"]

WIDTH = 110
# The rules that move a trade's stop, and those that close a part of it.
MOVES = ("trailing_stop", "break_even")
PARTS = ("partial_exits",)
INDENT = " " * 8


@dataclass
class Branch:
    """An `if` of `next`: what it checks, what it does, and the words it comes from."""

    words: str
    conditions: list[str]
    body: list[str]


def compile_module(spec: StrategySpec, *, name: str, explanation: str, words: Mapping[str, str]) -> str:
    """Return the source of a module whose one class trades the specification."""
    return Module(spec, name, explanation, words).source()


@dataclass
class Module:
    """A module on its way to source code; how declarations and expressions are written may be replaced."""

    declarations: ClassVar[type[Declarations]] = Declarations
    writer: ClassVar[type[Writer]] = Writer

    spec: StrategySpec
    name: str
    explanation: str
    words: Mapping[str, str]
    write: Writer = field(init=False)
    orders: dict[SideName, Orders] = field(init=False)

    def __post_init__(self) -> None:
        wishes, shifts = attribute_names(self.spec), constant_shifts(self.spec)
        self.write = self.writer(self.declarations(wishes=wishes, shifts=shifts))
        sides = self.spec.sides
        differ = len({_protection(side) for side in sides.values()}) > 1
        self.orders = {
            name: Orders(self.spec, side, name, self.write, f"{name}_" if differ else "")
            for name, side in sides.items()
        }

    def source(self) -> str:
        body = self._next()
        text = [_docstring(self.explanation), "", *self._imports(), "", ""]
        for snippet in sorted(self.write.init.snippets):
            text += [getattr(snippets, snippet.upper()), ""]
        text.append(f"class {class_name(self.name)}(Strategy):")
        text += [f"    {name} = {value}" for name, value in self.write.init.parameters.items()]
        text += ["", *self._init(), ""] if self.write.init.parameters else [*self._init(), ""]
        text += ["    def next(self):", *(f"{INDENT}{line}" if line else "" for line in body)]
        return "\n".join(text) + "\n"

    def _imports(self) -> list[str]:
        lines = ["from backtesting import Strategy"]
        if self.write.init.snippets - {"ratio", "kelly"}:
            lines.insert(0, "import numpy as np")
        if self.write.init.imports:
            lines += ["", f"from backtest_engine.indicators import {', '.join(sorted(self.write.init.imports))}"]
        return lines

    def _init(self) -> list[str]:
        lines = [
            line
            for attribute, call in self.write.init.calls.values()
            for line in _assignment(f"self.{attribute}", call)
        ]
        if longest_wait(self.spec) > 1:
            lines.append("self.expires_at = 0")
        if any(side.partial_exits for side in self.spec.sides.values()):
            lines.append("self.parts_taken = {}")
        return ["    def init(self):", *(f"{INDENT}{line}" for line in lines or ["pass"])]

    def _next(self) -> list[str]:
        moves = self._each_trade({name: orders.follow() for name, orders in self.orders.items()}, MOVES)
        parts = self._each_trade({name: orders.reduce() for name, orders in self.orders.items()}, PARTS)
        exits = [branch for name in self.spec.sides for branch in self._exits(name)]
        entries = [self._entry(name) for name in self.spec.sides]
        branches = [*entries, *exits] if self.spec.reverse else [*exits, *entries]
        lines = self._warm_up() + self._cancellation()
        if moves and (self.spec.max_entries > 1 or self.spec.reverse):
            lines += [*moves, ""]
            moves = []
        if moves or parts:
            # A stop is not moved on the bar that closes its trade anyway.
            branches.append(Branch("", ["self.position"], [*moves, *parts]))
        for place, branch in enumerate(branches):
            lines += _comment(branch.words)
            lines += [*_check("elif" if place else "if", branch.conditions), *(f"    {line}" for line in branch.body)]
        return lines

    def _warm_up(self) -> list[str]:
        if self.write.depth <= 2:
            return []
        return [f"if len(self.data) < {self.write.depth}:", "    return", ""]

    def _cancellation(self) -> list[str]:
        wait = longest_wait(self.spec)
        if not wait:
            return []
        cancel = ["for order in self.orders:", "    if not order.is_contingent:", "        order.cancel()"]
        if wait == 1:
            return ["# An entry order that was not filled is cancelled once the bar is over.", *cancel, ""]
        note = "# An entry order that was not filled is cancelled once its bars are over."
        return [note, "if len(self.data) >= self.expires_at:", *(f"    {line}" for line in cancel), ""]

    def _each_trade(self, follow: Mapping[SideName, list[str]], rules: tuple[str, ...]) -> list[str]:
        """Return the loop over the open trades that does for each what its side says."""
        if not any(follow.values()):
            return []
        words = dict.fromkeys(self._words(name, rule) for rule in rules for name in follow if self._words(name, rule))
        lines = [line for text in words for line in _comment(text)]
        lines.append("for trade in self.trades:")
        if len(follow) == 1:
            lines += [f"    {line}" for rules_lines in follow.values() for line in rules_lines]
        else:
            word = "if"
            for name, moves in follow.items():
                if moves:
                    lines += [f"    {word} trade.is_{name}:", *(f"        {line}" for line in moves)]
                    word = "elif"
        return lines

    def _exits(self, name: SideName) -> list[Branch]:
        side, held = self.spec.sides[name], self._held(name)
        close = ["self.position.close()"]
        branches = []
        if side.exit is not None:
            rule = self._conditions(side.exit, self._role(name, "exit"))
            branches.append(Branch(self._words(name, "exit"), [held, *rule], close))
        fallen = self.orders[name].fallen_back()
        if fallen:
            branches.append(Branch(self._words(name, "trailing_stop"), [held, fallen], close))
        if side.max_bars is not None:
            limit = self.write.shared(f"{self._prefix(name)}max_bars", side.max_bars)
            age = f"len(self.data) - 1 - self.trades[0].entry_bar >= {limit}"
            branches.append(Branch(self._words(name, "max_bars"), [held, age], close))
        return branches

    def _entry(self, name: SideName) -> Branch:
        side = self.spec.sides[name]
        rule = self._conditions(side.entry, self._role(name, "entry"))
        conditions = [self._free(name), *self._rested(), *(part for part in rule if part != "True")]
        further = self.orders[name].further()
        if further:
            limit = self.write.shared("max_entries", self.spec.max_entries)
            more = [self._held(name), f"len(self.trades) < {limit}{self._none_waits()}", further]
            conditions = [f"({' and '.join(conditions)} or {' and '.join(more)})"]
        body = self.orders[name].entry()
        if self.spec.reverse:
            other = "short" if name == "long" else "long"
            several = [f"if self.position.is_{other}:", "    self.position.close()"]
            body = [*(["self.position.close()"] if self.spec.max_entries == 1 else several), *body]
        return Branch(self._words(name, "entry"), conditions, body)

    def _free(self, name: str) -> str:
        """The condition under which one more entry is allowed."""
        waiting = self._none_waits()
        if self.spec.max_entries == 1 or self.spec.scale_in:
            return (f"not self.position.is_{name}" if self.spec.reverse else "not self.position") + waiting
        limit = self.write.shared("max_entries", self.spec.max_entries)
        other = "short" if name == "long" else "long"
        if self.spec.reverse:
            return f"(self.position.is_{other} or len(self.trades) < {limit}){waiting}"
        opposite = f" and not self.position.is_{other}" if len(self.spec.sides) > 1 else ""
        return f"len(self.trades) < {limit}{opposite}{waiting}"

    def _none_waits(self) -> str:
        """One entry order waits at a time; the stops and targets of open trades do not count."""
        waits = longest_wait(self.spec) > 1
        return " and all(order.is_contingent for order in self.orders)" if waits else ""

    def _rested(self) -> list[str]:
        pause = self.spec.cool_down
        if pause is None:
            return []
        bars = self.write.shared("cool_down_bars", pause.bars)
        since = f"len(self.data) - 1 - self.closed_trades[-1].exit_bar >= {bars}"
        harmless = " or self.closed_trades[-1].pl >= 0" if pause.after == "loss" else ""
        return [f"(not self.closed_trades or {since}{harmless})"]

    def _held(self, name: str) -> str:
        return "self.position" if len(self.spec.sides) == 1 else f"self.position.is_{name}"

    def _conditions(self, condition: Condition, role: str) -> list[str]:
        """Return the expressions that must all be true."""
        parts = condition.conditions if isinstance(condition, All) else (condition,)
        return [self.write.condition(part, role, NOW) for part in parts]

    def _role(self, name: str, role: str) -> str:
        return role if len(self.spec.sides) == 1 else f"{name}_{role}"

    def _prefix(self, name: SideName) -> str:
        return self.orders[name].prefix

    def _words(self, name: str, rule: str) -> str:
        return self.words.get(f"{name}.{rule}", "")


def _protection(side: Side) -> str:
    return side.model_dump_json(
        include={"stop_loss", "take_profit", "trailing_stop", "break_even", "partial_exits", "max_bars"}
    )


def _check(word: str, conditions: list[str]) -> list[str]:
    """Return an `if` of several conditions, one to a line where they do not fit on one."""
    line = f"{word} {' and '.join(conditions)}:"
    if len(line) <= WIDTH - len(INDENT):
        return [line]
    return [f"{word} (", f"    {conditions[0]}", *(f"    and {condition}" for condition in conditions[1:]), "):"]


def _assignment(target: str, call: str) -> list[str]:
    """Return `target = self.I(…)`, one argument to a line where they do not fit on one."""
    line = f"{target} = {call}"
    if len(line) <= WIDTH - len(INDENT):
        return [line]
    head, _, rest = call.partition("(")
    arguments = _arguments(rest[:-1])
    return [f"{target} = {head}(", *(f"    {argument}," for argument in arguments), ")"]


def _arguments(text: str) -> list[str]:
    """Return the arguments of a call, without breaking those in brackets."""
    found, depth = [""], 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        if character == "," and not depth:
            found.append("")
        else:
            found[-1] += character
    return [argument.strip() for argument in found]


def _docstring(text: str) -> str:
    lines = textwrap.wrap(text.replace("\\", "").replace('"', "'"), WIDTH)
    return '"""' + "\n".join(lines) + ('"""' if len(lines) < 2 else '\n"""')


def _comment(text: str) -> list[str]:
    """Return the words as comment lines; whatever could end a comment has become a space."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return [f"# {line}" for line in textwrap.wrap(plain, WIDTH - len(INDENT))]
