"""Errors that a request can be answered with, each with its status and a stable code."""

from rest_framework import exceptions, status


class DatabaseUnavailable(exceptions.APIException):
    """The database does not answer; nothing was accepted, nothing was lost."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "database_unavailable"
    default_detail = "The database cannot be reached; try again."
    wait = 2


class Conflict(exceptions.APIException):
    """The object is in no state for what was asked."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"
    default_detail = "The object is in no state for this."


class InsufficientScope(exceptions.PermissionDenied):
    """The token's scope does not cover what was asked."""

    default_code = "insufficient_scope"
    default_detail = "This token's scope does not cover what was asked."


class PreconditionFailed(exceptions.APIException):
    """The object is not what `If-Match` names any more: somebody changed it."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "precondition_failed"
    default_detail = "The object has changed since you read it: read it again, then decide."


class InvalidCursor(exceptions.NotFound):
    """The cursor was not made here, or for another order."""

    default_code = "invalid_cursor"
    default_detail = "This cursor leads nowhere; start again without one."


class IdempotencyKeyReused(exceptions.APIException):
    """The key came with another request before."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key was used for a different request."


class BodyTooLarge(exceptions.APIException):
    """The body is over the limit."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "body_too_large"
    default_detail = "The request body is too large."


class TooManyStreams(exceptions.APIException):
    """The user holds as many event streams open as allowed."""

    status_code = status.HTTP_429_TOO_MANY_REQUESTS
    default_code = "too_many_streams"
    default_detail = "You hold too many event streams open; close one first."
    wait = 5


class TooManyTokens(Conflict):
    """The user has as many tokens as allowed."""

    default_code = "too_many_tokens"
    default_detail = "You have too many tokens; revoke one first."


class TooManyRuns(exceptions.APIException):
    """The user has as many unfinished runs as allowed."""

    status_code = status.HTTP_429_TOO_MANY_REQUESTS
    default_code = "too_many_runs"
    default_detail = "You have too many unfinished runs; wait for one to end or cancel one."
    wait = 5


class RequestInProgress(Conflict):
    """The first request with this Idempotency-Key is still being answered."""

    default_code = "request_in_progress"
    default_detail = "The first request with this Idempotency-Key is still being answered; ask again in a moment."
    wait = 1


class Busy(exceptions.APIException):
    """There is no room for this now; nothing was begun."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "busy"
    default_detail = "Too much is being done already; try again in a moment."
    wait = 5


class InvalidQuery(exceptions.ValidationError):
    """The query string is not valid."""


class Contradiction(exceptions.ValidationError):
    """Every field is right by itself, and together they make no sense."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY


class InvalidWeights(exceptions.APIException):
    """Weights that are not a whole."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "invalid_weights"
    default_detail = "Weights are those of known factors, none below 0, and sum to 1."
