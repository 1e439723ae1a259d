"""The REST API, a resource a file; every error answer comes from `errors`. Imports `common`, `web.auth`, `web.runtime`."""
