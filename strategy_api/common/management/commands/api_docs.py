"""Write the parts of docs/api/ that are made from the code."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from strategy_api.common.openapi import documents
from strategy_api.common.openapi import markdown as handbook


class Command(BaseCommand):
    """Write the endpoints, the error codes, and what the apps add."""

    help = __doc__ or ""

    def handle(self, *_: Any, **__: Any) -> None:
        """Write them all."""
        folder = Path(settings.BASE_DIR) / "docs" / "api"
        (folder / "errors.md").write_text(handbook.errors())
        (folder / "endpoints.md").write_text(handbook.endpoints())
        for name, text in documents.DOCUMENTS.items():
            (folder / name).write_text(text())
