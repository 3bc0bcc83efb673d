"""Wiring: settings, the Celery application, URLs and the server entry points."""

from algoagent.celery import app as celery_app

__all__ = ["celery_app"]
