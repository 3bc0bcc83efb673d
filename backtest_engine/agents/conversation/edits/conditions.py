# ruff: noqa: E501  # a pattern is read as one line
"""Edits of rules: `only if …`, `exit at the upper band instead`, `also sell when …`, `not on fridays`."""

import re
from dataclasses import replace

from backtest_engine.agents.conversation.edits import fragments
from backtest_engine.agents.conversation.edits.base import Asked, Choice, Reading, Situation
from backtest_engine.agents.conversation.edits.changing import both, checked, either, mirror_of, rule_of, with_rule
from backtest_engine.agents.conversation.edits.clauses import bare, counted
from backtest_engine.language.explain import condition as told
from backtest_engine.spec import Condition, InMonth, Not, OnWeekday, StrategySpec
from backtest_engine.spec.walk import parts

_ACT = (
    r"(?P<act>buy|buys|buying|enter|entries|entry|go long|long entry|long|open|get in|trade|trades|sell|sells|selling|exit|exits|get out|close|leave|out|"
    r"short exit|exit shorts?|cover|covers|go short|short entry|shorts?|sell short|take longs?|take trades?|take entries|take it|trading)"
)
_ROLES = {
    "short exit": "short.exit",
    "exit short": "short.exit",
    "exit shorts": "short.exit",
    "cover": "short.exit",
    "covers": "short.exit",
    "go short": "short.entry",
    "short entry": "short.entry",
    "sell short": "short.entry",
    "short": "short.entry",
    "shorts": "short.entry",
}
_EXITS = frozenset(["sell", "sells", "selling", "exit", "exits", "get out", "close", "leave", "out"])
_ENTRIES = frozenset(
    [
        "enter",
        "entries",
        "entry",
        "open",
        "get in",
        "trade",
        "trades",
        "trading",
        "take trades",
        "take trade",
        "take entries",
        "take it",
    ]
)
_WHEN = r"(?:when|if|once|as soon as|whenever|while|at|on|after|above|below|under|over|with|in|during|unless|where)"
_BESIDE = r"(?:above|below|over|under|less than|more than|greater than)"
_ONLY = re.compile(rf"(?:only (?:{_ACT} )?|{_ACT.replace('act', 'act2')} only )(?P<rest>.+)")
_RULE = re.compile(rf"(?P<also>(?:also|or|additionally) )?(?:the )?{_ACT} (?P<also2>also )?(?P<rest>{_WHEN}\b.+)")
_OR = re.compile(r"or (?:when|if) (?P<rest>.+)")
_FILTER = re.compile(
    r"(?:a |an |another )?(?:filter|condition|rule|requirement)s?:? ?(?:that |where |on |for |of |when |if )*(?P<rest>.+)|(?P<rest2>.+?) (?:filter|as a filter|condition)"
)
_REQUIRE = re.compile(
    r"(?:require|requires|requiring|need|needs|provided|as long as|given|must have)(?: that)? (?P<rest>.+)"
)
_PLAIN = re.compile(
    r"(?:when |if |while )?(?P<rest>.+\b(?:above|below|over|under|greater|less|higher|lower|rising|falling|crosses|crossed|positive|negative|green|red|between)\b.*|.+[<>].+)"
)
_NEVER = re.compile(
    r"(?:not|never|skip|avoid|no (?:trades?|trading|entries|buys|buying|new positions)|do not (?:trade|buy|enter)|exclude|except|stay out)\s+(?:on |in |during |any |the )*(?P<rest>.+)"
)


def read(clause: str, now: Situation) -> Reading | None:
    """Read a condition that is laid on a rule, stands beside it, or takes its place."""
    raw = counted(clause.strip(" ,.!"))
    words = bare(clause)
    for reader in (_only, _never, _rule, _filter):
        found = reader(counted(words), raw, now)
        if found is not None:
            return found
    return None


def _role_of(act: str | None, spec: StrategySpec) -> list[str]:
    """Return the rules that an action names; both entries or exits where it names no side."""
    if act is None or act in _ENTRIES:
        return [f"{side}.entry" for side in spec.sides]
    if act in _ROLES:
        role = _ROLES[act]
        return [role] if role.partition(".")[0] in spec.sides else []
    if act in _EXITS:
        if act.startswith("sell") and "long" in spec.sides:
            return ["long.exit"]
        return [f"{side}.exit" for side in spec.sides]
    return ["long.entry"] if "long" in spec.sides else []


def _only(words: str, raw: str, now: Situation) -> Reading | None:
    match = _ONLY.fullmatch(words) or _ONLY.fullmatch(raw)
    dated = re.fullmatch(r"(?:on )?(?P<days>[a-z, ]+?)s? only", raw)
    if match is None and dated is None:
        return None
    act = (match["act"] or match["act2"]) if match else None
    rest = match["rest"] if match else f"on {dated['days']}s" if dated else ""
    return _limited(rest, _role_of(act, now.spec), now)


def _never(words: str, raw: str, now: Situation) -> Reading | None:
    match = _NEVER.fullmatch(words) or _NEVER.fullmatch(raw)
    if match is None:
        return None
    roles = [f"{side}.entry" for side in now.spec.sides]
    rest = match["rest"]
    found = fragments.condition(f"when on {rest}", now.spec, roles[0]) or fragments.condition(
        f"when in {rest}", now.spec, roles[0]
    )
    if found is None or not any(isinstance(part, OnWeekday | InMonth) for part in parts(found)):
        return None
    return _laid(found if isinstance(found, Not) else Not(condition=found), roles, now)


_TREND = re.compile(
    r"(?:a |an |the )?(?P<length>\d+)[ -]?(?:day|bar|period|week)?s?[ -]?(?P<name>sma|ema|ma|wma|moving average|average|simple moving average|exponential moving average)(?: trend)? filter"
)


def _trend(words: str, now: Situation) -> Reading | None:
    """`A 200 day SMA filter` says no side of the line: above it, for longs, is offered."""
    match = _TREND.fullmatch(words)
    if match is None:
        return None
    laid = _limited(
        f"the close is above the {match['length']} {match['name']}", [f"{side}.entry" for side in now.spec.sides], now
    )
    if laid is None:
        return None
    return replace(laid, choices=tuple(replace(choice, sure=False) for choice in laid.choices))


def _filter(words: str, raw: str, now: Situation) -> Reading | None:
    if (trend := _trend(words, now)) is not None:
        return trend
    for pattern in (_FILTER, _REQUIRE, _PLAIN):
        match = pattern.fullmatch(words)
        if match is None:
            continue
        groups = match.groupdict()
        rest = groups.get("rest") or groups.get("rest2") or ""
        roles = [now.role] if now.role else [f"{side}.entry" for side in now.spec.sides]
        found = _limited(rest, roles, now)
        if found is not None:
            return found
    return None


def _limited(rest: str, roles: list[str], now: Situation) -> Reading | None:
    if not roles:
        return None
    for words in _forms(rest):
        found = fragments.condition(words, now.spec, roles[0])
        if found is not None:
            return _laid(found, roles, now)
    return None


def _forms(rest: str) -> list[str]:
    """Return the ways in which a condition may have been shortened: `price above the 200 day` lacks its average."""
    rest = re.sub(r"^(?:when|if|while|on|in) (?=when |if )", "", rest.strip())
    plain = re.sub(r"^(?:when|if|while|where|once) ", "", rest)
    plain = re.sub(r"\b(?:must|has to|have to|should|needs to|need to|can) be\b", "is", plain)
    if re.fullmatch(rf"(?:it is |is )?{_BESIDE} \d+(?:\.\d+)?", plain):
        # `Only below 20` is said of what the rule looks at, never of the price.
        return [re.sub(r"^(?:it is |is )", "", plain)]
    forms = [f"when {plain}"]
    if re.search(r"\b\d+[ -]?(?:day|bar|week|period)s?$", plain):
        forms.append(f"when {plain} average")
    if not re.match(r"(?:the |a )?(?:price|close|it|[a-z]+) (?:is |are )?(?:above|below|over|under)", plain):
        forms.append(f"when it is {plain}")
    if re.match(r"(?:above|below|over|under)\b", plain):
        forms.insert(0, f"when the price is {plain}") if re.search(
            r"average|sma|ema|\bma\b|day|band|high|low", plain
        ) else None
        forms.append(plain)
    return forms


def _laid(found: Condition, roles: list[str], now: Situation) -> Reading | None:
    """Lay a condition on rules; on both sides it may be meant for one, or turned round for the other."""
    if len(roles) == 1:
        return Reading(choices=(_with_filter(now.spec, {roles[0]: found}, _named(found)),), role=roles[0])
    mirror = mirror_of(found)
    same = dict.fromkeys(roles, found)
    if mirror is None or mirror == found:
        return Reading(choices=(_with_filter(now.spec, same, _named(found)),))
    asked = Asked()
    turned = {roles[0]: found, roles[1]: mirror}
    asked.add(_with_filter(now.spec, turned, f"{_named(found)} for longs, {_named(mirror)} for shorts"))
    asked.add(_with_filter(now.spec, {roles[0]: found}, f"{_named(found)} for longs, shorts stay as they are"))
    asked.add(_with_filter(now.spec, same, f"{_named(found)} for both sides"))
    return asked.reading(question=f"Which positions is '{_named(found)}' for?")


def _named(found: Condition) -> str:
    return f"only when {told(found)}"


def _with_filter(spec: StrategySpec, laid: dict[str, Condition], label: str) -> Choice:
    for role, condition in laid.items():
        before = rule_of(spec, role)
        spec = with_rule(spec, role, both(_without_dates(before, condition), condition))
    return Choice(spec=spec, label=label)


def _without_dates(before: Condition | None, found: Condition) -> Condition | None:
    """`Only on tuesdays` takes the place of `only on mondays`: no day is both."""
    kind = next((one for one in (OnWeekday, InMonth) if isinstance(found, one)), None)
    if kind is None or before is None or before.kind != "all":
        return before
    rest = tuple(one for one in before.conditions if not isinstance(one, kind))
    if len(rest) == len(before.conditions) or not rest:
        return before
    return rest[0] if len(rest) == 1 else before.model_copy(update={"conditions": rest})


def _rule(words: str, raw: str, now: Situation) -> Reading | None:
    match = _RULE.fullmatch(words) or _RULE.fullmatch(raw)
    other = _OR.fullmatch(raw)
    if match is None and other is None:
        return None
    if other is not None:
        roles, rest, also = [now.role or "long.exit"], other["rest"], True
    else:
        assert match is not None  # noqa: S101  # one of the two is there
        roles = _role_of(match["act"], now.spec)
        rest = match["rest"]
        also = bool(
            match["also"]
            or match["also2"]
            or re.match(r"(?:and )?(?:also|or)\b", raw)
            or re.search(r"\b(?:too|as well|also)$", raw)
        )
    if match is not None and not roles:
        return _new_side(match["act"], rest, now)
    if len(roles) != 1:
        return Reading(question="Is that for longs or for shorts?")
    role = roles[0]
    found = fragments.condition(_at(rest), now.spec, role)
    if found is None or found == rule_of(now.spec, role):
        return None
    return _placed(found, role, now, also=also, instead="instead" in raw)


def _at(rest: str) -> str:
    return f"when it {rest}" if re.match(r"(?:crosses)\b", rest) else rest


def _placed(found: Condition, role: str, now: Situation, *, also: bool, instead: bool) -> Reading:
    before = rule_of(now.spec, role)
    name = "exit" if role.endswith("exit") else "entry"
    beside = Choice(spec=with_rule(now.spec, role, either(before, found)), label=f"a second {name} rule: {told(found)}")
    alone = Choice(spec=with_rule(now.spec, role, found), label=f"the {name} becomes: {told(found)}")
    if also and before is not None:
        return Reading(choices=(beside,), role=role)
    if instead or before is None or _same_lines(before, found):
        return Reading(choices=(alone,), role=role)
    return Reading(
        choices=(alone, beside), role=role, question=f"Does this take the place of the {name}, or stand beside it?"
    )


def _same_lines(before: Condition, found: Condition) -> bool:
    """Whether one simple rule speaks of what the other speaks of: then it is its new form."""
    if before.kind in ("all", "any") or found.kind in ("all", "any"):
        return False

    def lines(condition: Condition) -> set[str]:
        return {getattr(part, "name", "") for part in parts(condition)} - {""}

    return lines(before) == lines(found)


def _new_side(act: str, rest: str, now: Situation) -> Reading | None:
    """`Short when RSI is above 80`: a side that nothing opens yet also needs a way out."""
    role = _ROLES.get(act)
    if role != "short.entry" or not re.search(r"\b(?:cover|exit|close)\b", rest):
        return (
            Reading(question="When should the short position be closed? Say 'short when …, cover when …'.")
            if role
            else None
        )
    spec = fragments.understood(f"Short {rest}.")
    if spec is None or spec.short is None or spec.long is not None:
        return None
    return Reading(
        choices=(Choice(spec=checked(now.spec, short=spec.short), label="a short side beside the long one"),)
    )
