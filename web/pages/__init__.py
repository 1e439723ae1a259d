"""The pages: routes that render a document for the front end to fill. Imports `common`, `web.auth`, `web.runtime`."""

from web.pages.flower import flower
from web.pages.routes import pages

__all__ = ["flower", "pages"]
