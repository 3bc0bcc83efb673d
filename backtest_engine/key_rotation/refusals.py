"""What a vendor's refusal means, and what should rest because of it.

The fields that are read are those of google.rpc.Status (https://google.aip.dev/193): `QuotaFailure` names the quota,
`RetryInfo` the wait, `ErrorInfo` the reason. The text is read only where no field says it, and is never passed on:
it can quote the key.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Scope = Literal["key", "project", "model", "request"]

MINUTE = 60.0
HOUR = 3_600.0
DAY = 86_400.0


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a refusal means: who should rest, for how long (None: until the vendor's day ends), and what it taught.

    A refused key or project leaves the request to another; a failing model or a bad request does not.
    """

    code: str
    scope: Scope
    seconds: float | None = MINUTE
    limits: Mapping[str, int] = field(default_factory=dict)


def read_gemini(status: int, raw: bytes) -> Verdict:
    """Return the meaning of a Gemini API error."""
    error = _error(raw)
    details = _details(error)
    message = str(error.get("message", "")).lower()
    if status == 429:
        return _quota(details, message)
    reason = details.get("ErrorInfo", {}).get("reason")
    if status == 401 or reason in ("API_KEY_INVALID", "API_KEY_EXPIRED") or (status == 400 and "api key" in message):
        return Verdict(code="key_invalid", scope="key", seconds=DAY)
    if status == 403:
        return Verdict(code="key_denied", scope="key", seconds=HOUR)
    if status == 400 and error.get("status") == "FAILED_PRECONDITION":
        return Verdict(code="region_not_served", scope="request")
    return read_plain(status, raw)


def read_plain(status: int, raw: bytes) -> Verdict:
    """Return the meaning of an error by its HTTP status alone, as any vendor uses it."""
    if status in (401, 403):
        return Verdict(code="key_invalid" if status == 401 else "key_denied", scope="key", seconds=DAY)
    if status == 429:
        return Verdict(code="minute_quota", scope="project")
    if status == 404:
        return Verdict(code="model_missing", scope="request")
    if status in (503, 529):
        return Verdict(code="model_overloaded", scope="model")
    if status >= 500 or status == 408:
        return Verdict(code="model_failed", scope="model")
    return Verdict(code="request_rejected", scope="request")


def _quota(details: Mapping[str, dict[str, Any]], message: str) -> Verdict:
    violations = [row for row in details.get("QuotaFailure", {}).get("violations", []) if isinstance(row, dict)]
    names = [str(row.get("quotaId", "")) for row in violations]
    limits = _limits(violations)
    if re.search(r"\blimit: 0\b", message):
        return Verdict(code="no_quota", scope="project", seconds=None)
    if any("PerDay" in name for name in names):
        # The wait that comes with a spent day is meaningless: anything from nothing to eighteen hours was seen.
        return Verdict(code="day_quota", scope="project", seconds=None, limits=limits)
    wait = _wait(details, message)
    return Verdict(
        code="minute_quota",
        scope="project",
        seconds=MINUTE if wait is None else wait,
        limits=limits,
    )


def _limits(violations: list[dict[str, Any]]) -> dict[str, int]:
    limits = {}
    for row in violations:
        name, value = str(row.get("quotaId", "")), str(row.get("quotaValue", ""))
        if value.isdigit() and int(value) > 0:
            limits[_field(name)] = int(value)
    limits.pop("", None)
    return limits


def _field(quota: str) -> str:
    if "Tokens" in quota:
        return "tokens_per_minute" if "PerMinute" in quota else ""
    if "PerDay" in quota:
        return "requests_per_day"
    return "requests_per_minute" if "PerMinute" in quota else ""


def _wait(details: Mapping[str, dict[str, Any]], message: str) -> float | None:
    """The longer of the two places where the wait is said: the field is rounded down to seconds."""
    waits = []
    said = re.fullmatch(r"(\d+(?:\.\d+)?)s", str(details.get("RetryInfo", {}).get("retryDelay", "")))
    if said:
        waits.append(float(said[1]))
    said = re.search(r"retry in (\d+(?:\.\d+)?)(ms|s)\b", message)
    if said:
        waits.append(float(said[1]) / (1000 if said[2] == "ms" else 1))
    return max(waits, default=None)


def _error(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError:
        return {}
    if isinstance(body, list) and body:
        body = body[0]
    error = body.get("error", body) if isinstance(body, dict) else {}
    return error if isinstance(error, dict) else {}


def _details(error: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    rows = error.get("details")
    named = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return {str(row.get("@type", "")).rpartition(".")[2]: row for row in named}
