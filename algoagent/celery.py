"""The Celery application; how tasks travel, nothing about what they do."""

import os

from celery import Celery

import algoagent.directory_broker  # registers the transport that embedded mode's broker URL names

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "algoagent.settings")

__all__ = ["app"]

algoagent.directory_broker.register()
app = Celery("algoagent")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
