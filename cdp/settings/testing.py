"""Tests: one login that takes roles on; servers started by the test command itself."""

import os

os.environ.setdefault("CDP_SECRET_KEY", "test-only-" + "x" * 50)

from cdp.settings.base import *  # noqa: F403
from cdp.settings.base import DATABASES

DATABASES = {"default": DATABASES["default"]}
DATABASE_ROLE_BY_SET_ROLE = True
SECRET_KEY = os.environ["CDP_SECRET_KEY"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # speed; tests only
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
REQUIRE_TWO_STEP = False  # tests about it say so
