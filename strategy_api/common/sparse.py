"""`?fields=`: some fields of a representation instead of all."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers


class SparseModelSerializer(serializers.ModelSerializer):
    """Sends only the fields that the context's `only` names, when it names any; the others are not even computed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        only: Sequence[str] | None = self.context.get("only")
        if only is not None and self.parent is None:
            for name in set(self.fields) - set(only):
                self.fields.pop(name)
