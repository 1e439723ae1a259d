"""The ollama-flow framework: a swarm of language-model agents that works on a task, as a library.

Pure: it is given a model, a journal, a workspace and an `emit`, and knows no Celery, Redis, SQL or Flask. Of
`common` it may import `errors`, `events`, `ids`, `options` and `states` only.

    result = await OllamaFlowFramework(OllamaModel("http://localhost:11434"), "llama3").run_task("Explain tides.")
"""

from __future__ import annotations

from common.events import Claim
from common.options import FlowOptions
from common.states import Architecture
from workers.flow.call import spread_retries
from workers.flow.framework import FLOW_VERSION, FlowResult, OllamaFlowFramework
from workers.flow.journal import ArtifactDraft, Emit, Journal, MemoryJournal, StepRequest, StepResult
from workers.flow.model import ChatChunk, ChatRequest, ListedModel, Message, ModelClient, ModelInfo, ToolCall, ToolSpec
from workers.flow.ollama_model import OllamaModel
from workers.flow.prompts import Prompts
from workers.flow.roles import Role
from workers.flow.sandbox import CommandLimits, Sandbox
from workers.flow.workspace import Workspace

__all__ = [
    "FLOW_VERSION",
    "Architecture",
    "ArtifactDraft",
    "ChatChunk",
    "ChatRequest",
    "Claim",
    "CommandLimits",
    "Emit",
    "FlowOptions",
    "FlowResult",
    "Journal",
    "ListedModel",
    "MemoryJournal",
    "Message",
    "ModelClient",
    "ModelInfo",
    "OllamaFlowFramework",
    "OllamaModel",
    "Prompts",
    "Role",
    "Sandbox",
    "StepRequest",
    "StepResult",
    "ToolCall",
    "ToolSpec",
    "Workspace",
    "spread_retries",
]
