"""The web process: every door behind one WSGI application."""

import os

from django.core.wsgi import get_wsgi_application

from cdp.kernel import logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdp.settings.embedded")
logging.set_up()
application = get_wsgi_application()
