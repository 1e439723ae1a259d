"""The work's side: worker processes, the framework, the embedded model server. Imports `common`, never `web`.

The way of a session through here: `tasks` → `process` → `runner` (claim, end) → `flow` (the framework), which asks
`journal` for each step; `lease` keeps the claim alive and hears what is wanted.
"""
