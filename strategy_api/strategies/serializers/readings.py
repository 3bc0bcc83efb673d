"""How a description is understood, as it is shown."""

from rest_framework import serializers


class OptionDetail(serializers.Serializer):
    """One answer to click."""

    id = serializers.CharField()
    label = serializers.CharField(  # type: ignore[assignment]  # a field, not the label property
        help_text="For people; it names what the wording leaves out."
    )
    wording = serializers.CharField(
        allow_blank=True, help_text="What takes the place of the words; empty leaves them out."
    )


class QuestionDetail(serializers.Serializer):
    """What must be said before anything runs; an option's id or free words answer it."""

    id = serializers.CharField()
    question = serializers.CharField()
    about = serializers.CharField()
    text = serializers.CharField(allow_blank=True, help_text="The words that are asked about.")
    start = serializers.IntegerField(help_text="Where they begin in `text` of the reading.")
    end = serializers.IntegerField()
    options = OptionDetail(many=True)


class ProblemWords(serializers.Serializer):
    """Words that cannot become a strategy, why, and what can be had instead."""

    text = serializers.CharField(allow_blank=True)
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    why = serializers.CharField()
    near = serializers.ListField(child=serializers.CharField())
    code = serializers.CharField()
    offer = serializers.CharField(required=False)


class ReadingDetail(serializers.Serializer):
    """A strategy where nothing is open; otherwise the questions, or why it is refused."""

    text = serializers.CharField(allow_blank=True, help_text="The description with the answers in it.")
    spec = serializers.DictField(allow_null=True, help_text="The strategy, once nothing is open.")
    settings = serializers.DictField(help_text="Market, interval, dates, cash, costs, leverage, as far as said.")
    explanation = serializers.CharField(allow_blank=True, help_text="What was understood so far, in canonical words.")
    assumptions = serializers.ListField(child=serializers.CharField())
    corrections = serializers.ListField(child=serializers.CharField())
    questions = QuestionDetail(many=True)
    problems = ProblemWords(many=True)
