"""The words by which vendors refuse, and what each of them means.

A new wording is one line in its rule; a new meaning is one rule.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

# `project` is a project's quota for one model, `account` all that the project may ask.
Scope = Literal["key", "project", "account", "model", "request"]

MINUTE = 60.0
HOUR = 3_600.0
DAY = 86_400.0
# Until somebody has paid: often enough to notice, rarely enough not to pester.
UNTIL_PAID = 6 * HOUR


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What an error means: who should rest, for how long (None: until the vendor's day ends), and what it taught.

    A refused key, project or account leaves the request to another key; a failing model or a bad request does not.
    """

    code: str
    scope: Scope
    seconds: float | None = MINUTE
    limits: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A verdict, and the words by which vendors say it, under these statuses."""

    words: re.Pattern[str]
    verdict: Verdict
    statuses: frozenset[int] = frozenset({400, 401, 402, 403, 429})


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


ACCOUNT_SUSPENDED = Verdict(code="account_suspended", scope="account", seconds=DAY)
KEY_SUSPENDED = Verdict(code="key_suspended", scope="key", seconds=DAY)
KEY_LEAKED = Verdict(code="key_leaked", scope="key", seconds=DAY)
KEY_INVALID = Verdict(code="key_invalid", scope="key", seconds=DAY)
KEY_DENIED = Verdict(code="key_denied", scope="key", seconds=HOUR)
CREDITS_SPENT = Verdict(code="credits_spent", scope="account", seconds=UNTIL_PAID)
MODEL_OVERLOADED = Verdict(code="model_overloaded", scope="model")

# Where a sentence begins: of a key and an account in one, the first is what it speaks of.
_SENTENCE = r"(?:^|[.\n])"
# Of several that match, the first holds: what is true for longest, and is least often said in passing, comes first.
RULES = (
    # Its sentence says "disabled" of a project, as that of a suspended one does.
    Rule(
        words=_words(r"service[ _]disabled", r"\bapi has not been (?:used|enabled)"),
        verdict=Verdict(code="service_disabled", scope="account", seconds=HOUR),
        statuses=frozenset({403}),
    ),
    Rule(words=_words(r"\bleak(?:ed|s|age)?\b", r"\bcompromised\b", r"publicly exposed"), verdict=KEY_LEAKED),
    Rule(
        words=_words(
            r"insufficient[ _](?:user[ _])?(?:quota|funds?|balance|credits?)\b",
            r"billing[ _](?:hard[ _]limit|soft[ _]limit|not[ _]active|disabled|inactive|error|required)",
            r"billing (?:account )?(?:is|has been|was) (?:not (?:active|enabled)|disabled|closed|inactive|past due)",
            r"billing account\b[^.]{0,60}\b(?:disabled|closed|inactive|past due)",
            r"(?:enable|requires?) billing (?:on|for)",
            r"credits?\b(?: balance)?[^.]{0,40}\b(?:deplet|exhaust|too low|used up|run(?:ning)? out|ran out|expired)",
            r"\b(?:deplet|exhaust|used up|ran out|run out|used all)\w*[^.]{0,40}\bcredits?\b",
            r"\bcredits? (?:is|are|has been|have been) (?:all )?(?:gone|spent|zero|insufficient|empty)\b",
            r"\b(?:no|zero|not enough|without) (?:remaining |available |any )?(?:credits?|balance|funds)\b",
            r"doesn't have any credits",
            r"out of (?:credits?|funds|money)\b",
            r"balance\b[^.]{0,40}\b(?:too low|insufficient|negative|not enough|empty|zero|exhausted|depleted)\b",
            r"\bpayment[ _]required\b",
            r"\bpayment (?:is )?(?:overdue|past due|failed)\b",
            r"\bunpaid\b",
            r"\bspend(?:ing)?[ _-](?:limit|cap)s?\b",
            r"\b(?:monthly|usage) (?:usage |spend |spending )?(?:limit|budget|cap)s?\b"
            r"[^.]{0,60}\b(?:reached|exceeded|hit)\b",
            r"\b(?:reached|exceeded|hit)\b"
            r"[^.]{0,40}\b(?:monthly|api usage) (?:usage |spend |spending )?(?:limit|budget|cap)s?\b",
            r"\bin arrears\b",
        ),
        verdict=CREDITS_SPENT,
    ),
    Rule(
        words=_words(
            r"api_key:\S*[^.]{0,40}\bsuspended\b",
            _SENTENCE + r"(?:(?!account|organi[sz]ation|project|workspace|team)[^.\n]){0,160}?"
            r"api[ _-]?key\b[^.\n]{0,80}\b(?:suspended|revoked|deleted|deactivated|disabled|blocked)\b",
            r"\brevoked[ _]api[ _]key",
        ),
        verdict=KEY_SUSPENDED,
    ),
    Rule(
        words=_words(
            _SENTENCE + r"(?:(?!api[ _-]?key)[^.\n]){0,160}?"
            r"\b(?:account|organi[sz]ation|project|workspace|team|consumer|user)\b[^.\n]{0,60}"
            r"\b(?:suspended|deactivated|disabled|banned|terminated|denied access)\b",
            r"account[ _]deactivated",
            r"consumer[ _]suspended",
            r"\bsuspended\b[^.\n]{0,40}\b(?:account|organi[sz]ation|project|workspace)\b",
        ),
        verdict=ACCOUNT_SUSPENDED,
    ),
    Rule(
        words=_words(
            r"\boverload(?:ed)?(?:_error)?\b",
            r"capacity[ _](?:exhausted|exceeded|reached)",
            r"\b(?:over|at|no|insufficient|out of|limited|lack of|full)[ _]"
            r"(?:model |available |server |gpu )?capacity\b",
            r"capacity (?:is |has been )?(?:currently )?(?:available|limited|constrained)",
            r"\b(?:high|heavy|unusual|excessive|peak) (?:demand|traffic|load)\b",
            r"\b(?:server|engine|model|service) is (?:currently |temporarily |too )*(?:busy|unavailable|at capacity)\b",
            r"\bslow[ _]down\b",
        ),
        verdict=MODEL_OVERLOADED,
        statuses=frozenset({429, 498, 503, 529}),
    ),
    Rule(
        words=_words(
            r"does ?n[o']t have access to (?:the )?model",
            r"\b(?:not (?:allowed|permitted|authori[sz]ed)|no permission|not have permission) to (?:use|access) "
            r"(?:the |this )?(?:model|engine)\b",
            r"\bmodel[ _]not[ _](?:allowed|permitted)\b",
        ),
        verdict=Verdict(code="no_quota", scope="project", seconds=DAY),
        statuses=frozenset({400, 401, 403}),
    ),
    Rule(
        words=_words(
            r"(?:location|country|region|territory)\b[^.]{0,60}\bnot (?:supported|available|served)",
            r"unsupported[ _]country",
        ),
        verdict=Verdict(code="region_not_served", scope="request"),
        statuses=frozenset({400, 403}),
    ),
    Rule(
        words=_words(
            r"(?:invalid|incorrect|expired|unknown|wrong|bad)[ _](?:x-)?api[ _-]?key",
            r"api[ _-]?key[ _](?:is |not |has )*(?:invalid|valid|expired|incorrect|not[ _]found)",
            r"\bpass a valid api key",
        ),
        verdict=KEY_INVALID,
        statuses=frozenset({400, 401, 403}),
    ),
)
