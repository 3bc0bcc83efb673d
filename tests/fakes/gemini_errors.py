"""Every refusal that the Gemini API is documented, or was publicly reported, to give: status and body."""

from collections.abc import Callable, Sequence
from typing import Any

TYPE = "type.googleapis.com/google.rpc."
SERVICE = "generativelanguage.googleapis.com"
DOCS = "https://ai.google.dev/gemini-api/docs/rate-limits"

Refusal = tuple[int, dict[str, Any]]

# Metric and quota id of each kind of quota.
QUOTAS = {
    "requests_per_minute": (
        "generate_content_free_tier_requests",
        "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
    ),
    "requests_per_day": (
        "generate_content_free_tier_requests",
        "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
    ),
    "tokens_per_minute": (
        "generate_content_free_tier_input_token_count",
        "GenerateContentInputTokensPerModelPerMinute-FreeTier",
    ),
}


def refusal(code: int, status: str, message: str, details: list[dict[str, Any]] | None = None) -> Refusal:
    """Return an error in the shape of google.rpc.Status."""
    error: dict[str, Any] = {"code": code, "message": message, "status": status}
    return code, {"error": error | ({"details": details} if details else {})}


def quota(model: str, violations: Sequence[tuple[str, int]], retry_seconds: float) -> Refusal:
    """Return the 429 for these quotas and their limits."""
    lines, rows = [], []
    for kind, limit in violations:
        metric, quota_id = QUOTAS[kind]
        lines.append(f"* Quota exceeded for metric: {SERVICE}/{metric}, limit: {limit}, model: {model}")
        row: dict[str, Any] = {
            "quotaMetric": f"{SERVICE}/{metric}",
            "quotaId": quota_id,
            "quotaDimensions": {"location": "global", "model": model},
        }
        rows.append(row | ({"quotaValue": str(limit)} if limit else {}))
    message = (
        "You exceeded your current quota, please check your plan and billing details. For more information on this "
        f"error, head to: {DOCS}. \n" + "\n".join(lines) + f"\nPlease retry in {retry_seconds:.9f}s."
    )
    details = [
        {"@type": TYPE + "Help", "links": [{"description": "Learn more about Gemini API quotas", "url": DOCS}]},
        {"@type": TYPE + "QuotaFailure", "violations": rows},
        {"@type": TYPE + "RetryInfo", "retryDelay": f"{int(retry_seconds)}s"},
    ]
    return refusal(429, "RESOURCE_EXHAUSTED", message, details)


def key_invalid(message: str = "API key not valid. Please pass a valid API key.", *, echo: str = "") -> Refusal:
    """Return the 400 for a bad key; it is known to quote the key."""
    metadata = {"service": SERVICE}
    details = [
        {"@type": TYPE + "ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com", "metadata": metadata},
        {"@type": TYPE + "LocalizedMessage", "locale": "en-US", "message": message},
    ]
    if echo:
        details.append({"@type": TYPE + "DebugInfo", "detail": f"Invalid API key: {echo}"})
    return refusal(400, "INVALID_ARGUMENT", message, details)


def no_key() -> Refusal:
    """Return the 403 for a request without a key."""
    return refusal(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers.")


def deadline_too_short(deadline: str, least: float) -> Refusal:
    """Return the 400 for a timeout that the service does not accept."""
    message = f"Manually set deadline {deadline}s is too short. Minimum allowed deadline is {least:g}s."
    return refusal(400, "INVALID_ARGUMENT", message)


def model_missing(model: str) -> Refusal:
    """Return the 404 for an unknown model."""
    return refusal(
        404,
        "NOT_FOUND",
        f"models/{model} is not found for API version v1beta, or is not supported for generateContent. "
        "Call ListModels to see the list of available models and their supported methods.",
    )


_DISABLED = [
    {
        "@type": TYPE + "ErrorInfo",
        "reason": "SERVICE_DISABLED",
        "domain": "googleapis.com",
        "metadata": {"consumer": "projects/123456789", "service": SERVICE},
    }
]
_BAD_FIELD = [{"@type": TYPE + "BadRequest", "fieldViolations": [{"description": 'Unknown name "foo"'}]}]

# By the name of a script's step: of the model and the key that asked.
REFUSALS: dict[str, Callable[[str, str], Refusal]] = {
    "key_invalid": lambda model, key: key_invalid(),
    "key_invalid_echo": lambda model, key: key_invalid(echo=key),
    "key_expired": lambda model, key: key_invalid("API key expired. Please renew the API key."),
    "key_leaked": lambda model, key: refusal(
        403, "PERMISSION_DENIED", "Your API key was reported as leaked. Please use another API key."
    ),
    "project_denied": lambda model, key: refusal(
        403, "PERMISSION_DENIED", "Your project has been denied access. Please contact support."
    ),
    "service_disabled": lambda model, key: refusal(
        403, "PERMISSION_DENIED", "Generative Language API has not been used in project 123456789 before.", _DISABLED
    ),
    "region_not_served": lambda model, key: refusal(
        400, "FAILED_PRECONDITION", "User location is not supported for the API use."
    ),
    "bad_request": lambda model, key: refusal(
        400, "INVALID_ARGUMENT", 'Invalid JSON payload received. Unknown name "foo": Cannot find field.', _BAD_FIELD
    ),
    "too_long": lambda model, key: refusal(
        400,
        "INVALID_ARGUMENT",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    ),
    "model_missing": lambda model, key: model_missing(model),
    "minute_quota": lambda model, key: quota(model, [("requests_per_minute", 15)], 13.827787492),
    "day_quota": lambda model, key: quota(model, [("requests_per_day", 20)], 38.210904582),
    "token_quota": lambda model, key: quota(model, [("tokens_per_minute", 250_000)], 21.5),
    "no_quota": lambda model, key: quota(model, [(kind, 0) for kind in QUOTAS], 17.757286616),
    "quota_without_details": lambda model, key: refusal(
        429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."
    ),
    "internal": lambda model, key: refusal(500, "INTERNAL", "An internal error has occurred. Please retry."),
    "overloaded": lambda model, key: refusal(503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    "deadline": lambda model, key: refusal(
        504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."
    ),
}
