"""Settings of the test suite: the real ones, on a throw-away folder and with a broker that goes nowhere."""

import os
import tempfile

os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 40)
os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="algoagent-tests-"))
os.environ.setdefault("ALLOWED_HOSTS", "localhost,127.0.0.1,testserver")

os.environ.setdefault("SECURE_TRANSPORT", "false")
# Whatever keys lie about on a developer's machine: only tests that bring a fake ask a model.
os.environ["LLM_MODELS"] = ""

from algoagent.settings import *  # noqa: F403
from algoagent.settings import DATA_DIR, DATABASES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Tests call the runner themselves, so that they decide when a worker gets to it.
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {"directory": str(DATA_DIR / "broker")}
# A file, because leases and streams look from threads of their own.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
else:
    # A pooled connection would keep the test database from being dropped.
    DATABASES["default"]["OPTIONS"].pop("pool")
