"""The live view over Socket.IO: who watches what, and what they are told. Imports `common`, `web.auth`, `web.runtime`.

`namespace` takes what browsers ask for, `viewers` knows who they are and bounds what waits for them, `session_relay`
forwards the events of the watched sessions, `lists` those of the list pages, `health` what
all of it stands on; `relay` hears Redis and keeps time.
"""

from web.live.namespace import create_live

__all__ = ["create_live"]
