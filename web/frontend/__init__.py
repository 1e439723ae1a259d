"""The front end: TypeScript, built by `./run assets` to `web/static/dist`. Its Python imports `common.events` only."""
