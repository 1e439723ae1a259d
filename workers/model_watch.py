"""What the model server offers: asked for now and then, told with each heartbeat, used when a session is claimed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from common.errors import ModelError, ModelUnavailable
from common.heartbeat import LoadedModel, ModelCard, ModelServer
from workers.flow.model import ListedModel
from workers.flow.ollama_model import OllamaModel

log = structlog.get_logger(__name__)

_ASK_SECONDS = 3.0
_ANSWER_SECONDS = 10.0
#: The embedded server's version carries this mark.
EMBEDDED_MARK = "embedded"


class ModelWatch:
    """Keeps a fresh picture of the model server; `tell` hears when it comes or goes. Lives on the sessions' loop."""

    def __init__(self, client: OllamaModel, tell: Callable[[], None]) -> None:
        self._client = client
        self._tell = tell
        self._cards: dict[tuple[str, int], ModelCard] = {}
        self.server = ModelServer(url=client.url, kind="ollama", reachable=False)

    async def watch(self) -> None:
        """Ask for ever."""
        while True:
            await self.ask()
            await asyncio.sleep(_ASK_SECONDS)

    async def ask(self) -> ModelServer:
        """Ask the server now."""
        was_reachable = self.server.reachable
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                version = await self._client.version()
                models = [await self._describe(listed) for listed in await self._client.list_models()]
                loaded = await self._list_loaded()
        except (ModelError, TimeoutError) as error:
            self.server = self.server.model_copy(update={"reachable": False, "loaded": []})
            if was_reachable:
                log.warning("the model server went away", error=str(error) or f"silent for {_ANSWER_SECONDS:g} s")
        else:
            kind = "embedded" if EMBEDDED_MARK in version else "ollama"
            self.server = ModelServer(
                url=self._client.url, kind=kind, reachable=True, version=version, models=models, loaded=loaded
            )
        if self.server.reachable != was_reachable:
            self._tell()
        return self.server

    async def _list_loaded(self) -> list[LoadedModel]:
        """Return what is in memory; nothing where the server has no call for it."""
        try:
            return [LoadedModel(**vars(model)) for model in await self._client.list_loaded()]
        except ModelUnavailable:
            raise
        except ModelError:
            return []

    async def _describe(self, listed: ListedModel) -> ModelCard:
        """Look a model up once; its size tells a newer version of it."""
        key = (listed.name, listed.size_bytes)
        if key not in self._cards:
            info = await self._client.describe(listed.name)
            self._cards[key] = ModelCard(
                name=listed.name,
                size_bytes=listed.size_bytes,
                parameter_size=listed.details.get("parameter_size", ""),
                context_length=info.context_length,
                capabilities=sorted(info.capabilities),
            )
        return self._cards[key]
