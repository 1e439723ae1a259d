"""Carries out what people order of the model server: models to pull and to delete, one at a time in a process."""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from common.database import Database
from common.errors import DatabaseUnavailable, ModelError, StorageFull
from common.models import ModelOrder
from common.queries import model_orders
from common.settings import Settings
from common.states import OrderState
from workers.flow import OllamaModel
from workers.flow.model import PullProgress
from workers.loop import in_thread
from workers.model_watch import ModelWatch

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 1.0
_EMBEDDED = (
    "The embedded model server has the one model that it came with; it can neither pull nor delete. "
    "Install Ollama, and set OLLAMA_HOST unless it runs on this machine."
)


class ModelOrders:
    """Looks for orders and carries them out; lives on the sessions' loop."""

    def __init__(
        self, settings: Settings, database: Database, client: OllamaModel, models: ModelWatch, worker: str
    ) -> None:
        self._settings = settings
        self._database = database
        self._client = client
        self._models = models
        self._worker = worker
        self._closing = asyncio.Event()

    async def keep(self) -> None:
        """Carry out orders until this process drains."""
        while not self._closing.is_set():
            try:
                order = await in_thread(self._claim)
                if order is not None:
                    await self._carry_out(order)
                    continue
            except (DatabaseUnavailable, StorageFull) as error:
                log.warning("model orders wait for the database", error=str(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._closing.wait()

    async def close(self) -> None:
        """Take no more orders; `keep` hands the present one back to the others and returns."""
        self._closing.set()

    async def _carry_out(self, order: ModelOrder) -> None:
        log.info("model order claimed", kind=order.kind, model=order.model)
        told = PullProgress(said="", completed_bytes=0, total_bytes=0)

        async def act() -> None:
            nonlocal told
            if self._models.server.kind == "embedded":
                raise ModelError(_EMBEDDED)
            if order.kind == "delete":
                await self._client.delete(order.model)
            else:
                async with contextlib.aclosing(self._client.pull(order.model)) as pieces:
                    async for piece in pieces:
                        told = piece

        acting, closing = asyncio.create_task(act()), asyncio.create_task(self._closing.wait())
        try:
            while True:
                await asyncio.wait({acting, closing}, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                wanted = await in_thread(self._report, order, told)
                if acting.done():
                    break
                if wanted is None:
                    return
                if not wanted:
                    await in_thread(self._finish, order, OrderState.CANCELLED, None)
                    return
                if self._closing.is_set():
                    await in_thread(self._release, order)
                    return
        finally:
            acting.cancel()
            closing.cancel()
            await asyncio.wait({acting, closing})
        error = acting.exception()
        if error is not None and not isinstance(error, ModelError):
            log.error("a model order failed in a way that nobody thought of", model=order.model, exc_info=error)
        state = OrderState.COMPLETED if error is None else OrderState.FAILED
        log.info("model order ended", kind=order.kind, model=order.model, state=state, error=str(error or ""))
        await self._models.ask()
        await in_thread(self._finish, order, state, None if error is None else str(error))

    def _claim(self) -> ModelOrder | None:
        with self._database.read() as db:
            if not model_orders.has_claimable(db):
                return None
        with self._database.write() as db:
            return model_orders.claim_order(db, worker=self._worker, lease_seconds=self._settings.lease_seconds)

    def _report(self, order: ModelOrder, told: PullProgress) -> bool | None:
        with self._database.write() as db:
            return model_orders.report_order(
                db,
                order.id,
                worker=self._worker,
                lease_seconds=self._settings.lease_seconds,
                progress=told.said or None,
                completed_bytes=told.completed_bytes,
                total_bytes=told.total_bytes,
            )

    def _finish(self, order: ModelOrder, state: OrderState, error: str | None) -> None:
        with self._database.write() as db:
            model_orders.finish_order(db, order.id, worker=self._worker, state=state, error=error)

    def _release(self, order: ModelOrder) -> None:
        with self._database.write() as db:
            model_orders.release_order(db, order.id, worker=self._worker)
