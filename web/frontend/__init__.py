"""The front end: TypeScript, built by `./run assets` into `web/static/dist`. Its Python imports `common.events` only."""
