"""Putting what was read together into a specification, and asking for what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from backtest_engine.language import calendar
from backtest_engine.language.explain import condition as condition_written
from backtest_engine.language.mentions import ask_about_days
from backtest_engine.language.mirror import mirrored, opposite_of
from backtest_engine.language.nodes import Joined, Node, Opposite, SidesDiffer, Wrapped
from backtest_engine.language.one_side import assigned
from backtest_engine.language.outline import Outline, Rule
from backtest_engine.language.overlaps import overlap
from backtest_engine.language.reader import CLOSING, Problem, Reader
from backtest_engine.language.settling import Settling, SideName
from backtest_engine.language.terms import Terms
from backtest_engine.spec import (
    Always,
    AtrDistance,
    Cross,
    Indicator,
    MarketOrder,
    Price,
    Side,
    StrategySpec,
    TimeOfDay,
    parts,
    parts_of,
)


@dataclass(frozen=True)
class Whole:
    """A specification and the user's words for each of its rules."""

    spec: StrategySpec
    words: Mapping[str, str]


class Assembly:
    """Builds the sides from an outline."""

    def __init__(self, r: Reader, outline: Outline) -> None:
        self.r = r
        self.outline = outline
        self.words: dict[str, str] = {}
        self.settings: list[Indicator] = []
        self.entries: dict[SideName, Node] = {}
        self.exits: dict[SideName, Node] = {}
        self.settling = Settling(r, self.entries, self.exits)
        self.terms = Terms(r, outline, self.entries, self.words)
        self.reverse = "reverse" in outline.restrictions

    def whole(self) -> Whole | None:
        """Return the specification, or None once a question or a problem stands in its way."""
        self._system()
        self._entries()
        self._only_entries()
        if not self.entries:
            self._ask_for_entry()
            return None
        self._exits()
        self._filters()
        if (self.outline.max_entries or 1) > 1 and "one_position" in self.outline.restrictions:
            self.r.ask("One position at a time, or several entries: which holds?", "pyramiding", 0, len(self.r.words))
        self.outline.protections = assigned(self.r, self.outline)
        for protection in self.outline.protections:
            if protection.side is not None and protection.side not in self.entries:
                self._ask_about_untraded(protection.side, *protection.places)  # type: ignore[arg-type]
        sides = {name: self._side(name) for name in self.entries}
        if self.r.questions or self.r.problems or any(side is None for side in sides.values()):
            return None
        if len(sides) == 2 and not self.reverse:
            self.r.assume("while a position is open, an entry signal of the other side is ignored")
        spec = StrategySpec(
            long=sides.get("long"),
            short=sides.get("short"),
            sizing=self.terms.sizing(),
            max_entries=self.outline.max_entries or 1,
            cool_down=self.outline.cool_down,
            reverse=self.reverse,
        )
        if any(calendar.is_dated(part) for part in parts(spec)):
            self.r.assume("what is decided on a day is filled at the open of the next bar")
        if any(isinstance(part, TimeOfDay) for part in parts(spec)):
            ask_about_days(self.r)
            if any(isinstance(part, Price) and part.field == "open" and not part.timeframe for part in parts(spec)):
                self.r.assume("the open is that of each bar, not that of the day")
            self.r.assume(
                "what is decided at a time is filled at the open of the next bar, after the last on the next day"
            )
        self._mentions(spec)
        return None if self.r.questions else Whole(spec, self.words)

    def _mentions(self, spec: StrategySpec) -> None:
        """What is said of an indicator apart from the rules must be so in them, or it was not understood."""
        used = [part.model_copy(update={"shift": 0}) for part in parts_of(spec, Indicator)]
        used += [Indicator(name="atr", parameters={"period": part.period}) for part in parts_of(spec, AtrDistance)]
        for value, places in self.outline.mentions:
            if any(_is_meant(value, one) for one in used):
                continue
            if any(one.name == value.name for one in used) and value not in self.r.context.settings:
                self.settings.append(value)
                continue
            word = self.r.words[places[0]]
            end = self.r.words[places[1] - 1].end
            self.r.problems.append(Problem(self.r.span(*places), word.start, end, "is spoken of, but no rule uses it"))

    def _system(self) -> None:
        """A bare cross is a whole system, unless rules of its own say when to get in or out."""
        rule = self.outline.system
        if rule is None:
            return
        actions = {one.action for one in self.outline.rules}
        node = rule.node if isinstance(rule.node, SidesDiffer) else self._both_ways(rule.node)
        limited = self.outline.restrictions
        if "short_only" not in limited and "buy" not in actions:
            self._enter("long", node.long, rule)
        if limited & {"both", "reverse", "short_only"}:
            self._enter("short", node.short, rule)
        if "buy" in actions or "short" in actions:
            return
        ends = {protection.rule for protection in self.outline.protections}
        if (
            actions.isdisjoint(CLOSING)
            and "no_other_exit" not in limited
            and not ({"stop_loss", "take_profit"} <= ends)
        ):
            for side in self.entries:
                self.exits[side] = node.short if side == "long" else node.long
                self.words[f"{side}.exit"] = self.r.span(*rule.places)
            self.r.assume("the position is closed on the opposite cross")
        if "short" not in self.entries:
            self.r.assume("long only")

    def _both_ways(self, node: Node) -> SidesDiffer:
        other = mirrored(node)
        return SidesDiffer(node, other if other is not None else node)

    def _entries(self) -> None:
        if "short_only" in self.outline.restrictions and not any(one.action == "short" for one in self.outline.rules):
            self._sells_open_shorts()
        conditional = [one for one in self.outline.rules if one.action == "buy" and not isinstance(one.node, Always)]
        for rule in self.outline.rules:
            side: SideName | None = {"buy": "long", "short": "short"}.get(rule.action)  # type: ignore[assignment]
            if side == "short" and conditional and isinstance(rule.node, Always):
                self.r.ask(
                    f"Does '{self.r.span(*rule.places)}' close the long position or open a short one? Say 'take profit "
                    "at …', 'stop at …' or 'sell short …'.",
                    "order of an exit",
                    *rule.places,
                )
            if side is not None and not isinstance(rule.node, Opposite):
                self._enter(side, rule.node, rule)
        for rule in self.outline.rules:
            if isinstance(rule.node, Opposite) and rule.action in ("buy", "short"):
                self._mirror_entry(rule)
        if self.outline.restrictions & {"reverse"} and "short" not in self.entries and "long" in self.entries:
            self._sells_turn_short()
        if "both" in self.outline.restrictions and len(self.entries) == 1:
            missing = "short" if "long" in self.entries else "long"
            self.r.ask(
                f"Both directions are wanted: when should a {missing} position be opened?", f"{missing} entry", 0
            )

    def _only_entries(self) -> None:
        """`Buy only if …` is the entry where nothing else opens a position, and limits the entries otherwise."""
        sides: dict[str, SideName] = {"only long": "long", "only short": "short"}
        for rule in list(self.outline.filters):
            side = sides.get(rule.action)
            if side is not None and not self.entries:
                self._enter(side, rule.node, rule)
                self.outline.filters.remove(rule)

    def _sells_open_shorts(self) -> None:
        """Where only shorts are traded, what is sold is sold short, and buying covers it."""
        turned = {"sell": "short", "buy": "cover"}
        rules = self.outline.rules
        if any(one.action == "sell" for one in rules):
            self.outline.rules[:] = [replace(one, action=turned.get(one.action, one.action)) for one in rules]
            self.r.assume("short only: selling opens a position, buying covers it")

    def _sells_turn_short(self) -> None:
        for rule in list(self.outline.rules):
            if rule.action == "sell" and not isinstance(rule.node, Opposite):
                self._enter("short", rule.node, rule)
                self.outline.rules.remove(rule)
                self.r.assume("always in the market: a sell signal closes the long and opens a short")

    def _enter(self, side: SideName, node: Node, rule: Rule) -> None:
        if side in self.entries:
            self.r.ask(
                f"There are two {side} entries: must both hold, or is either enough?",
                f"two {side} entries",
                *rule.places,
            )
            return
        forbidden = {"long": "short_only", "short": "long_only"}[side]
        if forbidden in self.outline.restrictions:
            self.r.ask(
                f"The description excludes {side} positions and also has a rule for them; which holds?",
                "direction",
                *rule.places,
            )
        self.entries[side] = node
        self.words[f"{side}.entry"] = self.r.span(*rule.places)

    def _mirror_entry(self, rule: Rule) -> None:
        side: SideName = "long" if rule.action == "buy" else "short"
        other: SideName = "short" if side == "long" else "long"
        node = opposite_of(self.entries[other], other, rule.node) if other in self.entries else None
        if node is None:
            self.r.ask(
                "What is the opposite that is meant here? Say the condition.", "opposite condition", *rule.places
            )
            return
        self._enter(side, node, rule)

    def _ask_for_entry(self) -> None:
        if self.r.problems or self.r.questions:
            return
        if any(rule.action in CLOSING for rule in self.outline.rules):
            self.r.ask("When should a position be opened? Only an exit is described.", "entry", 0, len(self.r.words))
            return
        ask_for_rules(self.r)

    def _exits(self) -> None:
        for rule in self.outline.rules:
            if rule.action in CLOSING:
                for side in self._sides_closed(rule):
                    self._leave(side, rule)
        self._mirror_exits()
        self._leave_with_the_state()

    def _leave_with_the_state(self) -> None:
        """`long while …`, `flat otherwise`: out as soon as it no longer holds, unless an exit is described."""
        for rule in self.outline.whiles:
            state: SideName = "long" if rule.action == "sell" else "short"
            if state in self.entries and not any(one.action in (rule.action, "exit") for one in self.outline.rules):
                self._leave(state, rule)
        self._leave_otherwise()

    def _leave_otherwise(self) -> None:
        """`…, otherwise sell` closes; `…, otherwise stay in cash` does where nothing else closes the position."""
        limits = self.outline.restrictions & {"else_out", "else_idle"}
        ends = {one.rule for one in self.outline.protections} - {"break_even"}
        if limits and "long" in self.entries and ("else_out" in limits or not (self.exits or ends)):
            if calendar.has_date(self.entries["long"]):
                self.r.ask(
                    "Out on every other day, or only when the condition does not hold on such a day? Say when to sell.",
                    "exit",
                    0,
                    len(self.r.words),
                )
            self._ask_about_a_cross("long")
            self._leave("long", Rule("sell", Wrapped("not", self.entries["long"]), (0, len(self.r.words))))
        for rule in self.outline.otherwise:
            side: SideName = "long" if rule.action == "sell" else "short"
            if side in self.entries and side not in self.exits and not ends:
                self._ask_about_a_cross(side)
                self._leave(side, rule)

    def _ask_about_a_cross(self, side: SideName) -> None:
        if _crosses(self.entries[side]):
            question = "A cross is over after one bar: when is it 'otherwise', or when should the position be closed?"
            self.r.ask(question, "exit", 0, len(self.r.words))

    def _ask_about_untraded(self, side: SideName, start: int, end: int) -> None:
        self.r.ask(
            f"'{self.r.span(start, end)}' is about {side} positions, but nothing opens one; when should that be?",
            f"{side} entry",
            start,
            end,
        )

    def _mirror_exits(self) -> None:
        """A side that is the mirror image of the other is closed by the mirror image of its exit."""
        for rule in self.outline.rules:
            if not isinstance(rule.node, Opposite) or rule.action not in ("buy", "short") or rule.node.of != "all":
                continue
            side: SideName = "long" if rule.action == "buy" else "short"
            other: SideName = "short" if side == "long" else "long"
            if side in self.exits or other not in self.exits:
                continue
            node = mirrored(self.exits[other])
            if node is None:
                self.r.ask(f"What closes the {side} position? Say the condition.", "opposite condition", *rule.places)
                continue
            self.exits[side] = node
            self.words[f"{side}.exit"] = self.r.span(*rule.places)

    def _sides_closed(self, rule: Rule) -> list[SideName]:
        closed: dict[str, SideName] = {"cover": "short", "sell": "long"}
        if rule.action in closed:
            side = closed[rule.action]
            if side in self.entries:
                return [side]
            self._ask_about_untraded(side, *rule.places)
            return []
        return self._sides_of_a_plain_exit(rule)

    def _sides_of_a_plain_exit(self, rule: Rule) -> list[SideName]:
        """`exit when …` closes what was opened before it; where each side has an exit of its own, it closes both."""
        if len(self.entries) < 2:
            return list(self.entries)
        own: dict[SideName, str] = {"long": "sell", "short": "cover"}
        specific = {side for side, action in own.items() if any(one.action == action for one in self.outline.rules)}
        words = self.r.span(*rule.places).lower().split()
        if len(specific) == 2 or not set(words).isdisjoint(("all", "any", "everything", "both", "either")):
            return list(self.entries)
        opened = self._opened_before(rule) or list(self.entries)
        if specific and set(opened) == set(self.entries):
            (side,) = specific
            self.r.ask(
                f"Does '{self.r.span(*rule.places)}' close {side} positions too, which have an exit of their own?",
                "which side",
                *rule.places,
            )
        return [side for side in opened if side not in specific]

    def _opened_before(self, rule: Rule) -> list[SideName]:
        """Return the sides that were opened since something was closed."""
        opened: list[SideName] = []
        for one in self.outline.rules[: self.outline.rules.index(rule)]:
            if one.action in CLOSING:
                opened = []
            if one.action in ("buy", "short"):
                opened.append("long" if one.action == "buy" else "short")
        return opened

    def _leave(self, side: SideName, rule: Rule) -> None:
        node = rule.node
        if isinstance(node, Opposite):
            mirror = opposite_of(self.entries[side], side, node)
            if mirror is None:
                self.r.ask(
                    "What is the opposite that is meant here? Say the condition.", "opposite condition", *rule.places
                )
                return
            node = mirror
            self._assume_opposite(mirror, side)
        words = self.r.span(*rule.places)
        if self.exits.get(side) == node:
            return
        if side in self.exits:
            self.exits[side] = Joined("or", (self.exits[side], node))
            self.words[f"{side}.exit"] += f"; {words}"
            return
        self.exits[side] = node
        self.words[f"{side}.exit"] = words

    def _assume_opposite(self, node: Node, side: SideName) -> None:
        settled = self.settling.condition(node, side, "exit")
        if settled is not None:
            self.r.assume(f"the opposite is taken to be that {condition_written(settled)}")

    def _filters(self) -> None:
        for rule in self.outline.filters:
            if not any(one.places == rule.places for one in self.outline.rules):
                self.r.assume(f"'{self.r.span(*rule.places)}' limits the entries; it closes nothing")
            for side, entry in self.entries.items():
                if rule.action not in ("filter", f"filter {side}", f"only {side}"):
                    continue
                self.entries[side] = Joined("and", (rule.node, entry))
                self.words[f"{side}.entry"] += f"; {self.r.span(*rule.places)}"

    def _side(self, name: SideName) -> Side | None:
        entry = self.settling.condition(self.entries[name], name, "entry")
        leave = self.settling.condition(self.exits[name], name, "exit") if name in self.exits else None
        fields = self.terms.protections(name)
        if entry is None or (name in self.exits and leave is None):
            return None
        if leave is not None and (where := overlap(entry, leave)):
            self.r.ask(
                f"The {name} entry and its exit both hold while {where}, so that a position is closed right after it "
                "is opened; which levels are meant, or is a cross?",
                "entry and exit",
                0,
                len(self.r.words),
            )
        closing = {rule for rule in fields if rule != "break_even"}
        if leave is None and not self.reverse and not isinstance(entry, Always):
            self._check_way_out(name, closing)
            if self.r.questions:
                return None
        orders = [(order, places) for side, order, places in self.outline.orders if side in (None, name)]
        if not orders and self.outline.orders and self._is_mirrored(name):
            places = self.outline.orders[0][2]
            other = self.r.span(*places)
            self.r.ask(f"The other side enters '{other}'; where does the {name} order wait?", "entry order", *places)
        if any(order != orders[0][0] for order, _ in orders):
            self.r.ask(f"There are two {name} entry orders; which one holds?", "entry order", *orders[-1][1])
        order = orders[0][0] if orders else MarketOrder()
        return Side(entry=entry, exit=leave, order=order, **fields)

    def _is_mirrored(self, name: SideName) -> bool:
        opening = "buy" if name == "long" else "short"
        return any(one.action == opening and isinstance(one.node, Opposite) for one in self.outline.rules)

    def _check_way_out(self, name: SideName, closing: set[str]) -> None:
        stopped = closing == {"stop_loss"} and "no_other_exit" not in self.outline.restrictions
        other: SideName = "short" if name == "long" else "long"
        turned = other in self.exits and self.exits[other] == self.entries[name]  # `sell and go short when …`
        if len(self.entries) == 2 and (not self.exits or turned) and (not closing or stopped):
            self.reverse = True
            self.r.assume("no exit is described, so each signal closes the opposite position: always in the market")
        elif not closing:
            self.r.ask(
                f"When should the {name} position be closed? Say a condition, a stop, a target or a holding time.",
                "exit",
                0,
                len(self.r.words),
            )
        elif stopped:
            self.r.ask(
                "Only a stop loss ends the trade: when is a winner closed? Say how, or 'no other exit'.",
                "exit",
                0,
                len(self.r.words),
            )


def _crosses(node: Node) -> bool:
    """Whether a condition holds only on the bar of a cross."""
    if isinstance(node, Joined):
        return any(map(_crosses, node.parts))
    return isinstance(node, Cross | SidesDiffer)


def _is_meant(said: Indicator, used: Indicator) -> bool:
    same = (said.name, said.parameters, said.timeframe) == (used.name, used.parameters, used.timeframe)
    return same and said.source in (None, used.source)


def ask_for_rules(r: Reader) -> None:
    """Ask for everything that a strategy needs."""
    everything = (0, len(r.words))
    r.ask("When should the strategy buy? Say a condition, as in 'buy when RSI(14) is below 30'.", "entry", *everything)
    r.ask("When should it sell? Say a condition, a stop, a target or a holding time.", "exit", *everything)
    r.ask(
        "How much may a trade risk? Say a stop loss and a size, or nothing for all of the equity.", "risk", *everything
    )
