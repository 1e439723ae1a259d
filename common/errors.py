"""The one tree of exceptions.

FlowError
├── InvalidInput            what a person or program sent cannot be used (422)
├── NotFound                it does not exist, or the asker may not see it (404)
├── Forbidden               the asker sees it, but may not do that with it (403)
├── Conflict                the state forbids it now (409)
│   └── ForbiddenMove       a state change that no table of `common.states` allows
├── SettingsError           a setting has a wrong value; the process cannot start
├── DatabaseUnavailable     the database does not answer or stays locked (503)
├── StorageFull             a disk has no room: the database's or a project folder's (507)
├── LeaseLost               this worker no longer owns the session
├── JournalMismatch         a replayed step was asked with another input (a bug of ours)
├── ModelError              the model server answered, but not with what was asked
│   ├── ModelUnavailable    the model server is away, busy or broke off; trying later may help
│   ├── ModelNotFound       the server has no model of that name
│   ├── ContextTooSmall     the prompt does not fit the model's context, even when cut
│   └── OutputInvalid       the model's structured output stayed unusable
├── WorkspaceError          a path leaves the project folder, or a file cannot be used
└── FlowFailed              a session cannot reach its end; the message says why
"""

from __future__ import annotations

from dataclasses import dataclass


class FlowError(Exception):
    """Any error that this project raises on purpose; its text is a sentence for people."""

    #: A word for programs, stable across releases.
    code = "error"


@dataclass(frozen=True, kw_only=True)
class FieldError:
    """One field of an input that cannot be used."""

    field: str
    message: str


class InvalidInput(FlowError):
    """What was sent cannot be used; `details` names each field at fault."""

    code = "invalid_input"

    def __init__(self, message: str, *details: FieldError) -> None:
        super().__init__(message)
        self.details = details


class NotFound(FlowError):
    """It does not exist, or the asker may not see it."""

    code = "not_found"


class Forbidden(FlowError):
    """The asker may see it, but not do that with it."""

    code = "forbidden"


class Conflict(FlowError):
    """The present state forbids it."""

    code = "conflict"


class ForbiddenMove(Conflict):
    """A state change that is not in `common.states.MOVES`."""

    code = "forbidden_move"


class SettingsError(FlowError):
    """A setting has a wrong value; the sentence names the variable and what it takes."""

    code = "settings"


class DatabaseUnavailable(FlowError):
    """The database does not answer, or stayed locked for too long."""

    code = "database_unavailable"


class StorageFull(FlowError):
    """There is no room on a disk; the sentence says on which."""

    code = "storage_full"


class LeaseLost(FlowError):
    """A write found that another epoch owns the session: stop at once, write nothing more."""

    code = "lease_lost"


class JournalMismatch(FlowError):
    """A replayed step was asked with an input other than the journaled one."""

    code = "journal_mismatch"


class ModelError(FlowError):
    """The model server answered with something other than what was asked for."""

    code = "model_error"


class ModelUnavailable(ModelError):
    """The model server is away, overloaded or broke off; the same call may work later."""

    code = "model_unavailable"


class ModelNotFound(ModelError):
    """The model server has no model of that name."""

    code = "model_not_found"


class ContextTooSmall(ModelError):
    """The prompt does not fit the model's context, even after everything that may be cut was cut."""

    code = "context_too_small"


class OutputInvalid(ModelError):
    """The model's structured output stayed unusable after every attempt."""

    code = "output_invalid"


class WorkspaceError(FlowError):
    """A path leaves the project folder, or a file in it cannot be used."""

    code = "workspace"


class FlowFailed(FlowError):
    """A session cannot reach its end; the message says why."""

    code = "flow_failed"
