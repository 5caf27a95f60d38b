"""Loaded before pytest reads the settings (`-p tests.early`): where the tests' PostgreSQL is."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("WANGGE_BUILD", "1")
os.environ["WANGGE_DATA_DIR"] = str(Path(tempfile.gettempdir()) / f"wangge-test-media-{os.getpid()}")
os.environ["WANGGE_KEY_STORE"] = str(Path(tempfile.gettempdir()) / f"wangge-test-keys-{os.getpid()}" / "people.sqlite")

from wangge.config import embedded

_cluster = None if "WANGGE_TEST_DATABASE_URL" in os.environ else embedded.ensure("test")

OWNER_URL = os.environ.get("WANGGE_TEST_DATABASE_URL") or (_cluster.url("owner") if _cluster else "")
APP_URL = os.environ.get("WANGGE_TEST_DATABASE_URL") or (_cluster.url("app") if _cluster else "")
os.environ["DATABASE_URL"] = APP_URL
