"""The REST API, a resource a file; all errors come from `errors`. Imports `common`, `web.auth`, `web.runtime`."""
