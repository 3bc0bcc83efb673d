"""The Django app."""

from importlib import import_module

from django.apps import AppConfig


class McpConfig(AppConfig):
    """Tools for agents, and a record of what they called."""

    name = "strategy_api.mcp"
    verbose_name = "Agents' tools"

    def ready(self) -> None:
        """Import what registers itself."""
        import_module(f"{self.name}.retention")
