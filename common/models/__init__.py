"""The tables, a noun a file. Everything here is data; what is asked of it lives in `common.queries`."""

from common.models.account import ApiToken, Role, User, user_roles
from common.models.artifact import Artifact
from common.models.base import Base
from common.models.event import EventRecord
from common.models.flow_session import FlowSession
from common.models.installation import Installation
from common.models.model_order import ModelOrder
from common.models.session_day import SessionDay
from common.models.session_model import SessionModel
from common.models.step import Step
from common.models.template import Template, TemplateVersion
from common.models.turn import Turn
from common.models.worker import Worker

__all__ = [
    "ApiToken",
    "Artifact",
    "Base",
    "EventRecord",
    "FlowSession",
    "Installation",
    "ModelOrder",
    "Role",
    "SessionDay",
    "SessionModel",
    "Step",
    "Template",
    "TemplateVersion",
    "Turn",
    "User",
    "Worker",
    "user_roles",
]
