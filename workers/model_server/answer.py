"""Answers a chat or a generate request: from its prompt to the pieces of the answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from workers.model_server import card
from workers.model_server.engine import Engine
from workers.model_server.errors import Refusal
from workers.model_server.pieces import Ending, Piece
from workers.model_server.schema import Structure, make_structure
from workers.model_server.wire import ChatRequest, GenerateRequest, Options, write_conversation

#: The room for a structured answer where the request names none, in tokens.
_STRUCTURED_TOKENS = 1024
#: What plain text comes to; the longest answer may take that many characters for each token of `num_predict`.
_CHARACTERS_PER_TOKEN = 4
#: As llama.cpp writes "choose one".
_ANY_SEED = 0xFFFFFFFF
#: Nothing was asked: Ollama only loads the model then.
LOADED = Piece(text="", ending=Ending(reason="load", prompt_tokens=0, output_tokens=0, prompt_ns=0, output_ns=0))


def check_abilities(request: ChatRequest | GenerateRequest, *, can_call_tools: bool) -> None:
    """Refuse, in Ollama's words, what the model cannot do."""
    if not request.model:
        raise Refusal(400, "model is required")
    if not card.is_known(request.model):
        raise Refusal(404, f"model '{request.model}' not found")
    if request.think:
        raise Refusal(400, f'"{request.model}" does not support thinking')
    match request:
        case ChatRequest():
            if request.tools and not can_call_tools:
                raise Refusal(400, f"{request.model} does not support tools")
            images = any(message.images for message in request.messages)
        case GenerateRequest():
            if request.suffix:
                raise Refusal(400, f"{request.model} does not support insert")
            images = bool(request.images)
    if images:
        raise Refusal(400, f"{request.model} does not support images")


async def answer(engine: Engine, request: ChatRequest | GenerateRequest) -> AsyncGenerator[Piece, None]:
    """Yield the answer piece by piece, the ending last. Raises Refusal.

    A structured answer always parses: its schema is narrowed until its longest answer fits what is left of the context
    and about `num_predict`, which it may therefore exceed, but never be cut at.
    """
    text = await _write_prompt(engine, request)
    if text is None:
        yield LOADED
        return
    options = request.options
    tokens = await engine.tokenize(text)
    context = min(options.num_ctx, card.CONTEXT_LENGTH)
    room = context - len(tokens)
    if room < 1:
        raise Refusal(400, f"the prompt takes {len(tokens)} tokens, more than num_ctx ({context}) leaves room for")
    settings = _settings(options)
    asked: dict[str, object] = {"prompt": tokens}
    if isinstance(request, ChatRequest) and request.tools:
        if request.format:
            raise Refusal(400, "the embedded model server takes either a format or tools, not both")
        asked = write_conversation(request)
    opening = ""
    if structure := _make_structure(request.format, options, room):
        most_output = min(room, structure.most_tokens)
        settings |= {"grammar": structure.grammar}
        opening = structure.opening
        held = len(tokens) + most_output // 2  # letters share tokens: it takes half of its longest at the very most
    else:
        most_output = _limit(options, int(card.DEFAULTS["num_predict"]), room)
        held = len(tokens) + most_output
    async with aclosing(engine.generate(asked, most_output, settings, held=held)) as pieces:
        async for piece in pieces:
            if opening and piece.text:
                if not piece.text.startswith(opening):
                    raise Refusal(400, "invalid format: the embedded model server cannot hold the model to this schema")
                opening = ""
            yield piece


async def _write_prompt(engine: Engine, request: ChatRequest | GenerateRequest) -> str | None:
    """Return the text that the model is to go on with; None where nothing was asked."""
    match request:
        case ChatRequest():
            return await engine.render(write_conversation(request)) if request.messages else None
        case GenerateRequest(raw=True):
            return request.prompt or None
        case GenerateRequest():
            system = [{"role": "system", "content": request.system}] if request.system else []
            messages = [*system, {"role": "user", "content": request.prompt}] if request.prompt else []
    return await engine.render({"messages": messages}) if messages else None


def _make_structure(wanted: object, options: Options, room: int) -> Structure | None:
    characters = _limit(options, _STRUCTURED_TOKENS, room) * _CHARACTERS_PER_TOKEN
    return make_structure(wanted, most_tokens=min(room, characters))


def _limit(options: Options, default: int, room: int) -> int:
    """Return how long an answer may get, in tokens; 0 or less stands for all there is room for."""
    given = default if options.num_predict is None else options.num_predict
    return min(given, room) if given > 0 else room


def _settings(options: Options) -> dict[str, object]:
    """Return the options in the engine's words."""
    return {
        "temperature": options.temperature,
        "top_k": options.top_k,
        "top_p": options.top_p,
        "min_p": options.min_p,
        "repeat_penalty": options.repeat_penalty,
        "repeat_last_n": options.repeat_last_n,
        "presence_penalty": options.presence_penalty,
        "frequency_penalty": options.frequency_penalty,
        "seed": _ANY_SEED if options.seed is None or options.seed < 0 else options.seed % _ANY_SEED,
        "stop": options.stop,
        # A prompt that is partly taken from the cache is computed in other batches, and rounds differently.
        "cache_prompt": not options.is_repeatable,
    }
