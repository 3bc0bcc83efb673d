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


# Money, and that it is gone, in one sentence and in either order; what is only offered for sale is not gone.
_MONEY = r"\b(?:credits?(?! cards?\b)|prepa(?:id|y|yment)|balance|funds|spend(?:ing)?)\b"
_GONE = (
    r"\b(?:deplet\w*|exhaust\w*|used up|r[ua]n out|running out|too low|insufficient|not enough|negative|expired|empty"
    r"|exceed\w*|reached|hit|gone|overdrawn|spent|zero)\b"
)
_NO_OFFER = r"(?:(?!\b(?:add|adding|buy|purchas\w*|upgrad\w*|unlock|raise|increase|rate|per|requests?)\b)[^.\n])"


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
        words=_words(r"service disabled", r"\bapi has not been (?:used|enabled)"),
        verdict=Verdict(code="service_disabled", scope="account", seconds=HOUR),
        statuses=frozenset({403}),
    ),
    Rule(words=_words(r"\bleak(?:ed|s|age)?\b", r"\bcompromised\b", r"\bexposed\b"), verdict=KEY_LEAKED),
    Rule(
        words=_words(
            rf"{_MONEY}{_NO_OFFER}{{0,60}}?{_GONE}",
            rf"{_GONE}{_NO_OFFER}{{0,60}}?{_MONEY}",
            r"\bno (?:remaining |available |usable |prepaid )?(?:credits?|balance|funds)\b",
            r"\b(?:does not|doesn't|do not|don't) have (?:any |enough |sufficient )?(?:credits?|balance|funds)\b",
            r"\b(?:without|out of|used all (?:your |the |available )*|zero) (?:credits?|balance|funds|money)\b",
            r"insufficient (?:user )?quota\b",
            r"billing (?:hard limit|soft limit|not active|disabled|inactive|error|required)",
            r"\bbilling\b[^.\n]{0,60}\b(?:not (?:active|enabled|set up)|disabled|closed|inactive|past due)\b",
            r"(?:enable|requires?) billing (?:on|for)|\bhave billing (?:enabled|set up)\b",
            r"\bpayment (?:required|overdue|past due|failed)\b|\bpayment is (?:overdue|past due|required)\b",
            r"\bunpaid\b|\bin arrears\b",
            r"\b(?:monthly|specified) (?:api )?(?:usage |spend |spending )?(?:limit|budget|cap)s?\b",
        ),
        verdict=CREDITS_SPENT,
    ),
    Rule(
        words=_words(
            r"api key:\S*[^.]{0,40}\bsuspended\b",
            _SENTENCE + r"(?:(?!account|organi[sz]ation|project|workspace|team)[^.\n]){0,160}?"
            r"api[ -]?key\b(?! (?:http|ip|service|android|ios)\b)[^.\n]{0,80}"
            r"\b(?:suspended|revoked|deleted|deactivated|disabled|blocked)\b",
            r"\brevoked api key",
        ),
        verdict=KEY_SUSPENDED,
    ),
    Rule(
        words=_words(
            _SENTENCE + r"(?:(?!api[ -]?key)[^.\n]){0,160}?"
            r"\b(?:account|organi[sz]ation|project|workspace|team|consumer|user)\b[^.\n]{0,60}"
            r"\b(?:suspended|deactivated|disabled|banned|terminated|restricted|locked|closed|denied access)\b",
            r"\baccess(?: (?:is|was|has been))? (?:terminated|suspended)\b",
            r"account deactivated",
            r"consumer suspended",
            r"\bsuspended\b[^.\n]{0,40}\b(?:account|organi[sz]ation|project|workspace)\b",
        ),
        verdict=ACCOUNT_SUSPENDED,
    ),
    Rule(
        words=_words(
            r"\boverload(?:ed)?\b",
            r"\bcapacity\b[^.\n]{0,30}\b(?:exhausted|exceeded|reached|full)\b|capacity (?:exhausted|exceeded)",
            r"\b(?:over|at|no|insufficient|out of|limited|lack of|full) "
            r"(?:model |available |server |gpu )?capacity\b",
            r"capacity (?:is |has been )?(?:currently )?(?:available|limited|constrained)",
            r"\b(?:high|heavy|unusual|excessive|peak) (?:demand|traffic|load)\b",
            r"\b(?:server|engine|model|service) is (?:currently |temporarily |too )*(?:busy|unavailable|at capacity)\b",
            r"\bslow down\b",
        ),
        verdict=MODEL_OVERLOADED,
        statuses=frozenset({429, 498, 503, 529}),
    ),
    Rule(
        words=_words(
            r"does ?n[o']t have access to (?:the )?model",
            r"\b(?:not (?:allowed|permitted|authori[sz]ed)|no permission|not have permission) to (?:use|access) "
            r"(?:the |this )?(?:model|engine)\b",
            r"\bnot allowed to sample from\b",
            r"\bmodel\b[^.\n]{0,60} (?:not (?:allowed|permitted|enabled)|disabled|blocked)\b",
        ),
        verdict=Verdict(code="no_quota", scope="project", seconds=DAY),
        statuses=frozenset({400, 401, 403}),
    ),
    Rule(
        words=_words(
            r"(?:location|country|region|territory)\b[^.]{0,60}\bnot (?:supported|available|served)",
            r"unsupported country",
        ),
        verdict=Verdict(code="region_not_served", scope="request"),
        statuses=frozenset({400, 403}),
    ),
    Rule(
        words=_words(
            r"(?:invalid|incorrect|expired|unknown|wrong|bad) (?:x-)?api[ -]?key",
            r"api[ -]?key (?:is |not |has )*(?:invalid|valid|expired|incorrect|not found)",
            r"\bpass a valid api key",
        ),
        verdict=KEY_INVALID,
        statuses=frozenset({400, 401, 403}),
    ),
)
