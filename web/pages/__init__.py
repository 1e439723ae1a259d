"""The pages: routes that render a document for the front end to fill, and those of Flower, which are handed through.

Imports `common`, `web.auth`, `web.flower` and `web.runtime`.
"""

from web.pages.flower import flower
from web.pages.routes import pages

__all__ = ["flower", "pages"]
