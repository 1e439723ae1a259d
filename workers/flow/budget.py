"""The context budget: what a prompt takes, what is cut so that it fits, and whether the server read it all."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from common.errors import ContextTooSmall
from workers.flow.model import Message, ToolCall
from workers.flow.prompt import Piece, Prompt

#: Tokens that a chat template puts around each message, generously.
MESSAGE_OVERHEAD = 8
#: The smallest window that is asked of a server. Windows are powers of two: a server may load the model anew for each.
SMALLEST_WINDOW = 2048
#: The fewest tokens worth leaving of a piece that is shortened.
SHORTEST_PIECE = 60
#: How much is left of what a tool call took or gave, in characters, where that is shortened.
SHORTEST_TEXT = 200
#: What stands where text was left out.
GAP = " […]"


def estimate_tokens(text: str) -> int:
    """Return about how many tokens `text` takes, rather too many than too few.

    Letters and blanks of ASCII share tokens; digits and signs often take one each; other scripts about one for each
    byte and a third.
    """
    plain = sum(1 for character in text if character.isascii() and (character.isalpha() or character.isspace()))
    encoded = len(text.encode("utf-8", "replace"))
    other_ascii = sum(1 for character in text if character.isascii()) - plain
    return math.ceil(plain / 3 + other_ascii + (encoded - plain - other_ascii) * 0.75)


def estimate_messages(messages: Sequence[Message]) -> int:
    """Return about how many tokens a conversation takes."""
    return sum(
        estimate_tokens(message.content) + MESSAGE_OVERHEAD + estimate_calls(message.tool_calls) for message in messages
    )


def estimate_calls(calls: Sequence[ToolCall]) -> int:
    """Return about how many tokens tool calls take."""
    return sum(
        estimate_tokens(call.name + json.dumps(call.arguments, ensure_ascii=False)) + MESSAGE_OVERHEAD for call in calls
    )


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A prompt that fits."""

    messages: tuple[Message, ...]
    #: The estimate of what the messages take, the window to ask for, and what is left for the answer; in tokens.
    prompt_tokens: int
    num_ctx: int
    num_predict: int
    #: A phrase for each thing that was cut, and about how many tokens in all.
    cut: tuple[str, ...] = ()
    cut_tokens: int = 0


def fit_prompt(
    prompt: Prompt, *, context_length: int, output_tokens: int, at_least: int = 0, overhead: int = 0
) -> Fitted:
    """Fit `prompt` and an answer of up to `output_tokens` into a model's context.

    The answer keeps at least a quarter of the context. What earlier tool calls said is shortened first, oldest first;
    then peers' text is shortened, oldest first, then left out, oldest first; then the latest tool calls are shortened,
    and earlier ones left out; anything else is never cut. `at_least` is a window that is in use already, `overhead`
    what the server adds to the messages. Raises ContextTooSmall.
    """
    room = context_length - min(output_tokens, context_length // 4)
    calls = _CallsCut(prompt, room, overhead)
    needed = calls.shorten(latest=False)
    before = calls.before
    prompt = calls.prompt
    pieces = list(prompt.pieces)
    cut: dict[int, str] = {}
    for keep_stub in (True, False):
        for index, piece in enumerate(prompt.pieces):
            if needed <= room:
                break
            kept = _shorten_piece(pieces[index], needed - room) if keep_stub else replace(piece, text="")
            if kept.text == pieces[index].text:
                continue
            pieces[index] = kept
            cut[index] = f"the end of “{piece.name}”" if keep_stub else f"“{piece.name}”"
            needed = overhead + estimate_messages(prompt.messages([piece for piece in pieces if piece.text]))
    if needed > room:
        calls.pieces = [piece for piece in pieces if piece.text]
        calls.shorten(latest=True)
        needed = calls.drop()
        prompt = calls.prompt
    if needed > room:
        raise ContextTooSmall(
            f"The prompt takes about {needed} tokens and may take {room} of the model's context of {context_length}. "
            "Shorten the task or choose a model with a longer context."
        )
    messages = prompt.messages([piece for index, piece in enumerate(pieces) if piece.text or index not in cut])
    predict = min(output_tokens, context_length - needed)
    # The estimate of random letters, as in hashes and encoded files, is half of what they take (measured).
    window = max(SMALLEST_WINDOW, at_least, 1 << (2 * needed + predict - 1).bit_length())
    return Fitted(
        messages=messages,
        prompt_tokens=needed,
        num_ctx=min(window, context_length),
        num_predict=predict,
        cut=(*calls.cut, *cut.values()),
        cut_tokens=before - needed if cut or calls.cut else 0,
    )


class _CallsCut:
    """Shortens what tool calls of a conversation took and gave, until the prompt fits or nothing is left to cut."""

    def __init__(self, prompt: Prompt, room: int, overhead: int) -> None:
        self.prompt = prompt
        self.pieces: Sequence[Piece] | None = None
        self.cut: list[str] = []
        self._room = room
        self._overhead = overhead
        self.before = self._measure()

    def shorten(self, *, latest: bool) -> int:
        """Shorten the oldest first, those of the latest turn only if told to; return the tokens that it takes then."""
        needed = self._measure()
        turns = self.prompt.turns
        begin_latest = max((n for n, message in enumerate(turns) if message.tool_calls), default=0)
        for number in range(len(turns) if latest else begin_latest):
            if needed <= self._room:
                break
            message = _shorten_call(turns[number])
            if message == turns[number]:
                continue
            names = message.tool_name or ", ".join(call.name for call in message.tool_calls)
            self.cut.append(f"what {names} {'gave' if message.tool_name else 'was given'}")
            kept = (*self.prompt.turns[:number], message, *self.prompt.turns[number + 1 :])
            self.prompt = replace(self.prompt, turns=kept)
            needed = self._measure()
        return needed

    def drop(self) -> int:
        """Leave out the oldest turns with their calls and results, but never the latest; return what it takes then."""
        needed = self._measure()
        while needed > self._room:
            turns = self.prompt.turns
            begins = [number for number, message in enumerate(turns) if message.tool_calls]
            if len(begins) < 2:
                break
            end = next(n for n in range(begins[0] + 1, len(turns)) if turns[n].role != "tool")
            if "earlier tool calls" not in self.cut:
                self.cut.append("earlier tool calls")
            self.prompt = replace(self.prompt, turns=turns[: begins[0]] + turns[end:])
            needed = self._measure()
        return needed

    def _measure(self) -> int:
        return self._overhead + estimate_messages(self.prompt.messages(self.pieces))


def _shorten_call(message: Message) -> Message:
    """Return a tool's result, or the calls of tools, with nothing in it that is long."""
    if message.role == "tool":
        return replace(message, content=_shorten_text(message.content))
    calls = tuple(
        replace(
            call,
            arguments=_shorten_text(call.arguments)
            if isinstance(call.arguments, str)
            else {
                name: _shorten_text(value) if isinstance(value, str) else value
                for name, value in call.arguments.items()
            },
        )
        for call in message.tool_calls
    )
    return replace(message, tool_calls=calls)


def _shorten_text(text: str) -> str:
    return text if len(text) <= SHORTEST_TEXT else text[: SHORTEST_TEXT - len(GAP)].rstrip() + GAP


def _shorten_piece(piece: Piece, excess: int) -> Piece:
    """Take about `excess` tokens off the end of a piece, but leave a stub."""
    tokens = estimate_tokens(piece.text)
    keep = max(SHORTEST_PIECE, tokens - excess - estimate_tokens(GAP))
    if keep >= tokens - estimate_tokens(GAP):
        return piece
    text = piece.text[: len(piece.text) * keep // tokens]
    while text and estimate_tokens(text) > keep:
        text = text[: len(text) * 9 // 10]
    return replace(piece, text=text.rstrip() + GAP)


def find_truncation(fitted: Fitted, prompt_tokens: int) -> str | None:
    """Return a sentence where the server's count says that it did not read the whole prompt, else None.

    A server that cuts fills the window with what it kept, or drops whole messages and then counts far too little.
    """
    if prompt_tokens >= fitted.num_ctx:
        return f"The model server filled its whole context of {fitted.num_ctx} tokens; it may have left out text."
    suspicious = fitted.prompt_tokens > fitted.num_ctx // 2 and 0 < prompt_tokens < fitted.prompt_tokens // 5
    if suspicious:
        return (
            f"The model server read {prompt_tokens} tokens of about {fitted.prompt_tokens}; it may have left out text."
        )
    return None
