"""The web process: every door behind one WSGI application."""

import os
import sys

from django.core.wsgi import get_wsgi_application

from cdp.kernel import logging
from cdp.kernel.errors import CdpError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdp.settings.embedded")
logging.set_up()
application = get_wsgi_application()

from cdp.boot import refuse_if_unsafe  # noqa: E402  (Django must be set up first)

try:
    refuse_if_unsafe()
except CdpError as refusal:
    sys.exit(str(refusal))
