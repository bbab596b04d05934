"""Cuts a generated answer to what was heard, keeping generated tokens wherever their whole text was."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from npc_sdk.prompt.template import THINK_END, THINK_START
from npc_sdk.prompt.token_cache import Tokens

if TYPE_CHECKING:
    from npc_sdk.prompt.compiler import PromptCompiler

Call = tuple[str, Mapping[str, Any]]
CUT_MARK = "—"
_THINK_TAG = re.compile("|".join(map(re.escape, (THINK_START, THINK_END))).encode())
_SENTENCE_ENDS = tuple(".!?…。！？\"'”’»」』)" + CUT_MARK)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A generated answer without its thoughts and end tokens.

    Attributes:
        tokens: Its tokens.
        data: Their bytes.
        ends: For each token, the number of bytes up to its end.
        speech: Where speech stands in the bytes, from first to last.
        whole_calls: How many calls are complete.
        is_whole: Whether no call was left open.
        is_broken_off: Whether the model was stopped before it had ended.
    """

    tokens: Tokens
    data: bytes
    ends: tuple[int, ...]
    speech: tuple[tuple[int, int], ...]
    whole_calls: int
    is_whole: bool
    is_broken_off: bool = False

    def speech_bytes(self) -> bytes:
        """Return what is said, with a blank where calls stood."""
        return b" ".join(self.data[start:end] for start, end in self.speech if start < end)

    def speech_characters(self) -> int:
        """Return how many characters are said."""
        return len(self.speech_bytes().decode("utf-8", "surrogateescape"))

    def stops_in_speech(self) -> bool:
        """Tell whether the model was stopped while it was saying something."""
        start, end = self.speech[-1]
        return self.is_broken_off and self.is_whole and start < end

    def ends_with_call(self) -> bool:
        """Tell whether nothing is said after the last call."""
        start, end = self.speech[-1]
        return self.is_whole and self.whole_calls > 0 and start == end


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What the history keeps of an answer.

    Attributes:
        text: What was said and heard.
        calls: The calls that it made.
        tokens: Its tokens, without head and tail of the message.
        is_interrupted: Whether it was cut before its end.
        ends_with_call: Whether nothing is said after the last call.
    """

    text: str
    calls: tuple[Call, ...]
    tokens: Tokens
    is_interrupted: bool = False
    ends_with_call: bool = False


def read_answer(
    compiler: PromptCompiler, generated: Sequence[int], *, thinking: bool = False, is_broken_off: bool = False
) -> Answer:
    """Return the answer in what was generated: thoughts, end tokens and the blanks around it are left out.

    Args:
        compiler: Knows vocabulary, template and dialect.
        generated: All tokens that were generated.
        thinking: Whether the generation was asked for with thinking.
        is_broken_off: Whether the model was stopped before it had ended.
    """
    ends = compiler.tokenizer.end_tokens
    tokens = list(generated)
    while tokens and tokens[-1] in ends:
        tokens.pop()
    pieces = [compiler.tokenizer.piece(token) for token in tokens]
    spoken = _spoken(b"".join(pieces), compiler.template.starts_inside_thought(thinking))
    kept = [token for span in spoken for token in _span(tokens, pieces, *span, compiler.reply_text)]
    answer = _answer(kept, [compiler.tokenizer.piece(token) for token in kept], compiler.dialect.trigger)
    return replace(answer, is_broken_off=is_broken_off)


def heard_reply(
    compiler: PromptCompiler, answer: Answer, calls: Sequence[Call] = (), heard: int | None = None
) -> Reply | None:
    """Return what the history keeps of an answer, or None when that is nothing.

    Everything heard and every call delivered: the tokens as they were generated. Otherwise the generated tokens
    whose text lies inside what was heard, the remainder of a cut token encoded anew with a dash after it (unless
    the cut falls on the end of a sentence), and the delivered calls, which the game has acted on either way. A
    model that was stopped in the middle of a sentence gets its dash also where all of it was heard.

    Args:
        compiler: Knows vocabulary, template and dialect.
        answer: What was generated.
        calls: The calls that were delivered.
        heard: Characters of speech that were heard, or None for all.
    """
    speech = answer.speech_bytes()
    size = len(speech) if heard is None else _heard_size(speech, heard)
    is_cut = bool(speech[size:].strip())
    said = speech[:size].rstrip()
    mark = cut_mark(said.decode("utf-8", "replace")) if is_cut or answer.stops_in_speech() else ""
    if not is_cut and not mark and answer.is_whole and answer.whole_calls == len(calls):
        return _verbatim(answer, calls)
    if not said and not calls:
        return None
    tokens = _said_tokens(compiler, answer, said, mark)
    tail = compiler.reply("", calls)
    if tokens and tail:
        tokens += compiler.reply_text("\n")
    text = said.decode("utf-8", "replace").strip() + mark
    return Reply(
        text=text,
        calls=tuple(calls),
        tokens=tokens + tail,
        is_interrupted=is_cut or bool(mark),
        ends_with_call=bool(calls),
    )


def cut_mark(text: str) -> str:
    """Return what is put after a text that was interrupted: a dash, or nothing after the end of a sentence."""
    heard = text.rstrip()
    return CUT_MARK if heard and not heard.endswith(_SENTENCE_ENDS) else ""


def text_answer(compiler: PromptCompiler, text: str) -> Answer:
    """Return a text that the model did not generate, such as a greeting, as an answer; it makes no calls."""
    tokens = compiler.reply_text(text)
    pieces = [compiler.tokenizer.piece(token) for token in tokens]
    return _answer(tokens, pieces, None)


def _verbatim(answer: Answer, calls: Sequence[Call]) -> Reply | None:
    if not answer.data:
        return None
    text = answer.speech_bytes().decode("utf-8", "replace").strip()
    return Reply(text=text, calls=tuple(calls), tokens=answer.tokens, ends_with_call=answer.ends_with_call())


def _answer(tokens: Sequence[int], pieces: Sequence[bytes], trigger: str | None) -> Answer:
    data = b"".join(pieces)
    speech, whole_calls, is_whole = _regions(data, trigger)
    return Answer(
        tokens=tuple(tokens),
        data=data,
        ends=tuple(accumulate(map(len, pieces))),
        speech=speech,
        whole_calls=whole_calls,
        is_whole=is_whole,
    )


def _regions(data: bytes, trigger: str | None) -> tuple[tuple[tuple[int, int], ...], int, bool]:
    if trigger is None:
        return ((0, len(data)),), 0, True
    start_tag, end_tag = re.escape(trigger.encode()), re.escape(trigger.replace("<", "</", 1).encode())
    speech: list[tuple[int, int]] = []
    position = whole = 0
    for call in re.finditer(rb"\s*" + start_tag + rb".*?(?:(" + end_tag + rb")\s*|\Z)", data, re.DOTALL):
        speech.append((position, call.start()))
        position = call.end()
        if call.group(1) is None:
            return tuple(speech), whole, False
        whole += 1
    return (*speech, (position, len(data))), whole, True


def _said_tokens(compiler: PromptCompiler, answer: Answer, said: bytes, mark: str) -> Tokens:
    # Only the speech before the first call stands at the start of the tokens and can keep them.
    start, end = answer.speech[0]
    size = min(len(said), end - start)
    kept = sum(last <= size for last in answer.ends)
    done = answer.ends[kept - 1] if kept else 0
    rest = said[done:].decode("utf-8", "replace")
    return answer.tokens[:kept] + compiler.reply_text(rest) + compiler.reply_text(mark)


def _span(
    tokens: Sequence[int], pieces: Sequence[bytes], start: int, end: int, encode: Callable[[str], Iterable[int]]
) -> Tokens:
    kept: list[int] = []
    position = 0
    for token, piece in zip(tokens, pieces, strict=True):
        first, last = max(start, position), min(end, position + len(piece))
        if last - first == len(piece):
            kept.append(token)
        elif first < last:
            kept.extend(encode(piece[first - position : last - position].decode("utf-8", "replace")))
        position += len(piece)
    return tuple(kept)


def _heard_size(speech: bytes, heard: int) -> int:
    characters = speech.decode("utf-8", "surrogateescape")
    return len(characters[: max(0, heard)].encode("utf-8", "surrogateescape"))


def _spoken(data: bytes, inside_thought: bool) -> list[tuple[int, int]]:
    """Return where no thoughts stand, from first to last, just as :class:`ThinkingFilter` lets text through."""
    spans: list[tuple[int, int]] = []
    position, last = 0, len(data.rstrip())
    for tag in _THINK_TAG.finditer(data):
        if not inside_thought:
            spans.append((position, tag.start()))
        inside_thought = tag.group() == THINK_START.encode()
        position = tag.end() if inside_thought else len(data) - len(data[tag.end() :].lstrip())
    if not inside_thought:
        spans.append((position, max(position, last)))
    return spans
