"""Exchanges as plain data, for saves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from npc_sdk.errors import ActionError, PromptError
from npc_sdk.prompt.compiler import PromptCompiler
from npc_sdk.prompt.exchange import Exchange, Step
from npc_sdk.prompt.heard import Reply
from npc_sdk.prompt.token_cache import Tokens

FORMAT_VERSION = 1
EXCHANGE_LIMIT = 10_000
TEXT_LIMIT = 100_000


def exchanges_to_data(compiler: PromptCompiler, exchanges: Sequence[Exchange]) -> dict[str, Any]:
    """Return exchanges as plain data (JSON types only).

    Args:
        compiler: Names the model that the token ids belong to.
        exchanges: What to keep.
    """
    return {
        "version": FORMAT_VERSION,
        "fingerprint": compiler.tokenizer.fingerprint,
        "exchanges": [
            {
                "line": None if exchange.user is None else exchange.user.text,
                "steps": [_step_to_data(step) for step in exchange.steps if step.tokens],
            }
            for exchange in exchanges
        ],
    }


def exchanges_from_data(compiler: PromptCompiler, data: Mapping[str, Any]) -> list[Exchange]:
    """Return the exchanges in plain data.

    Args:
        compiler: Builds their tokens.
        data: As :func:`exchanges_to_data` gives it.

    Raises:
        PromptError: ``bad_history`` when it cannot be read.
    """
    if not isinstance(data, Mapping) or whole_number(data, "version") != FORMAT_VERSION:
        raise _bad("it is of another version")
    keeps_tokens = data.get("fingerprint") == compiler.tokenizer.fingerprint
    exchanges = _listed(data, "exchanges")
    if len(exchanges) > EXCHANGE_LIMIT:
        raise _bad(f"it has more than {EXCHANGE_LIMIT} exchanges")
    return [_exchange_from_data(compiler, exchange, keeps_tokens) for exchange in exchanges]


def reply_message(compiler: PromptCompiler, reply: Reply) -> Tokens:
    """Return the whole message of a reply."""
    return compiler.reply_head() + reply.tokens + compiler.reply_tail(after_call=reply.ends_with_call)


def result_step(compiler: PromptCompiler, results: str | Sequence[str]) -> Step:
    """Return the step of results."""
    texts = (results,) if isinstance(results, str) else tuple(results)
    return Step(kind="result", texts=texts, tokens=compiler.result_turn(texts))


def whole_number(data: Mapping[str, Any], key: str) -> int:
    """Return a number that is not negative.

    Raises:
        PromptError: ``bad_history`` when it is something else.
    """
    value = data.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _bad(f"{key!r} is no whole number")
    return value


def _step_to_data(step: Step) -> dict[str, Any]:
    if step.reply is None:
        return {"kind": "result", "texts": list(step.texts)}
    return {
        "kind": "npc",
        "text": step.reply.text,
        "calls": [[name, dict(arguments)] for name, arguments in step.reply.calls],
        "tokens": list(step.reply.tokens),
        "is_interrupted": step.reply.is_interrupted,
        "ends_with_call": step.reply.ends_with_call,
    }


def _exchange_from_data(compiler: PromptCompiler, data: Any, keeps_tokens: bool) -> Exchange:
    line = data.get("line") if isinstance(data, Mapping) else ""
    user = None if line is None else compiler.user_turn(_text(line))
    return Exchange(user=user, steps=[_step_from_data(compiler, step, keeps_tokens) for step in _listed(data, "steps")])


def _step_from_data(compiler: PromptCompiler, data: Any, keeps_tokens: bool) -> Step:
    if not isinstance(data, Mapping) or data.get("kind") not in ("npc", "result"):
        raise _bad("a step is neither an answer nor a result")
    if data["kind"] == "result":
        return result_step(compiler, [_text(text) for text in _listed(data, "texts")])
    text, calls = _text(data.get("text")), tuple(_call(call) for call in _listed(data, "calls"))
    try:
        tokens = _tokens(compiler, data) if keeps_tokens else ()
        # Whoever edits a save must not get control tokens into a prompt.
        keeps_tokens = keeps_tokens and compiler.is_reply(tokens, text, calls)
        tokens = tokens if keeps_tokens else compiler.reply(text, calls)
    except ActionError as error:
        raise _bad(error.cause) from error
    reply = Reply(
        text=text,
        calls=calls,
        tokens=tokens,
        is_interrupted=data.get("is_interrupted") is True,
        ends_with_call=data.get("ends_with_call") is True if keeps_tokens else bool(calls),
    )
    return Step(kind="npc", texts=(text,), tokens=reply_message(compiler, reply), reply=reply)


def _tokens(compiler: PromptCompiler, data: Mapping[str, Any]) -> Tokens:
    tokens = _listed(data, "tokens")
    size = compiler.tokenizer.vocabulary_size
    if len(tokens) > TEXT_LIMIT or not all(type(token) is int and 0 <= token < size for token in tokens):
        raise _bad("its tokens are not of this model")
    return tuple(tokens)


def _call(data: Any) -> tuple[str, Mapping[str, Any]]:
    if not isinstance(data, (list, tuple)) or len(data) != 2 or not isinstance(data[1], Mapping):
        raise _bad("a call has no name and arguments")
    return _text(data[0]), dict(data[1])


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > TEXT_LIMIT:
        raise _bad("a text is missing or too long")
    return value


def _listed(data: Any, key: str) -> Sequence[Any]:
    value = data.get(key) if isinstance(data, Mapping) else None
    if not isinstance(value, (list, tuple)):
        raise _bad(f"{key!r} is no list")
    return value


def _bad(reason: str) -> PromptError:
    return PromptError(
        f"The saved history cannot be read: {reason}.",
        "Start the conversation anew, or load another save.",
        code="bad_history",
    )
