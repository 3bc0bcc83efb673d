"""Errors and notices, as they are shown."""

from rest_framework import serializers

ADDRESS = {"type": "string", "format": "uri"}


class ProblemField(serializers.Serializer):
    """One field that is not valid."""

    pointer = serializers.CharField(required=False, help_text="A JSON pointer to the field of the body.")
    parameter = serializers.CharField(required=False, help_text="The name of the query parameter.")
    code = serializers.CharField()
    detail = serializers.CharField()


class Problem(serializers.Serializer):
    """An error, RFC 9457. `code` is stable; `detail` is for people."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    instance = serializers.CharField(required=False)
    line = serializers.IntegerField(required=False, help_text="Line of the strategy's code.")
    hint = serializers.CharField(required=False)
    questions = serializers.ListField(child=serializers.JSONField(), required=False)
    problems = serializers.ListField(child=serializers.JSONField(), required=False)
    errors = ProblemField(many=True, required=False)  # type: ignore[assignment]  # a field, not the errors property


class Notice(serializers.Serializer):
    """Something that the reader of a result must know."""

    code = serializers.CharField()
    message = serializers.CharField()
    line = serializers.IntegerField(required=False)
    details = serializers.DictField(required=False)
