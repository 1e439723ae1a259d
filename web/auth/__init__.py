"""Sign-in: who asks, by cookie or by token, and what must be signed in for. Imports `common` and `web.runtime`."""
