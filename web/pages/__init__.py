"""The pages: routes that render a document for the front end to fill. Imports `common`, `web.auth` and `web.runtime`."""

from web.pages.routes import pages

__all__ = ["pages"]
