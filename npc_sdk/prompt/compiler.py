"""Builds prompts as token ids, piece by piece, so that what is stable keeps its tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from npc_sdk.engine.tokenizer import Tokenizer
from npc_sdk.errors import PromptError
from npc_sdk.prompt.fence import Fence, texts_in
from npc_sdk.prompt.literals import ResultLiterals, TurnLiterals
from npc_sdk.prompt.segments import Segment, SegmentKind
from npc_sdk.prompt.template import THINK_END, THINK_START, ChatTemplate
from npc_sdk.prompt.text import (
    OPTION_LABELS,
    SEGMENT_BREAK,
    block,
    options_text,
    persona_text,
    player_line,
    tail_pieces,
    world_text,
)
from npc_sdk.prompt.token_cache import Tokens

if TYPE_CHECKING:
    from npc_sdk.actions import ActionSpec, Labels, Part
    from npc_sdk.actions.dialects import Dialect
    from npc_sdk.persona import Persona, World

RESULT_LIMIT = 4_000
_PROBE_RESULT = "result"
# What a template says when it teaches the calls of a dialect.
_CALL_MARKS = {
    "qwen_xml": re.compile(r"<function="),
    "hermes": re.compile(r"\\?[\"']arguments\\?[\"']\s*:"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class UserTurn:
    """A player's message.

    Attributes:
        text: The player's words as they stand in the prompt.
        volatile: Tokens of the whole message, with what the npc notices now.
        stable: Tokens of the same message without that; what goes to the history.
        is_first: Whether it is compiled as the first message of a conversation.
    """

    text: str
    volatile: Tokens
    stable: Tokens
    is_first: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class DecideTurn:
    """A question with options, each answered by one token.

    Attributes:
        tokens: Tokens of the message.
        labels: The token that chooses each option, in order.
        start: Where the message begins, when ``tokens`` hold a whole prompt.
    """

    tokens: Tokens
    labels: Tokens
    start: int = 0


class PromptCompiler:
    """Turns worlds, personas, actions and lines into tokens; safe to use from any thread.

    Template and dialect literals may hold control tokens. Everything else stays plain text, whatever it spells.

    Args:
        tokenizer: The model's vocabulary.
        template: The literals of its chat template.
        dialect: How calls are written.

    Attributes:
        uses_template_tools: Whether actions are shown by the template; else the dialect describes them after the
            persona. A template that shows tools for another form of calls would teach the model that form.
    """

    def __init__(self, tokenizer: Tokenizer, template: ChatTemplate, dialect: Dialect) -> None:
        self.tokenizer = tokenizer
        self.template = template
        self.dialect = dialect
        self._turns: TurnLiterals = template.turns
        self.uses_template_tools = template.supports_tools and _teaches(template.source, dialect)
        self._results = template.results if self.uses_template_tools else None
        self._fence = Fence(tokenizer, _literals(template, dialect))

    def system(self, world: World | None, persona: Persona, actions: Sequence[ActionSpec] = ()) -> tuple[Segment, ...]:
        """Return the segments with which every prompt of an npc begins.

        Their order is world, persona, actions; actions come first where the template shows tools in front of
        the system text. Without a world there is no world segment. The last segment closes the system text.

        Args:
            world: The setting that characters share, or None.
            persona: Who the npc is.
            actions: What it can do.

        Raises:
            PromptError: ``template_failed`` when the template cannot show the actions.
        """
        tools = self.dialect.tools(actions) if actions else []
        shows_tools = bool(tools) and self.uses_template_tools
        head, tail = self.template.system_parts(tools if shows_tools else [])
        foreign = texts_in(tools)
        opening = _Piece(head, self._begin(head) + self._shown(head, self._turns.system_head, foreign))
        known = [(SegmentKind.PERSONA, self._plain_piece(persona_text(persona)))]
        if world is not None:
            known.insert(0, (SegmentKind.WORLD, self._plain_piece(world_text(world) + SEGMENT_BREAK)))
        closing = self._instructions(actions, tail, foreign)
        if shows_tools and self.template.tools_place == "before":
            placed = [(SegmentKind.ACTIONS, opening), *known[:-1], (SegmentKind.PERSONA, known[-1][1] + closing)]
        else:
            placed = [(known[0][0], opening + known[0][1]), *known[1:], (SegmentKind.ACTIONS, closing)]
        return tuple(Segment(kind=kind, text=piece.text, tokens=piece.tokens) for kind, piece in placed)

    def user_turn(
        self,
        line: str,
        *,
        speaker: str | None = None,
        observations: Sequence[str] = (),
        vocabulary: Mapping[str, Labels] | None = None,
        first: bool = False,
    ) -> UserTurn:
        """Return what the player said as a message.

        Args:
            line: The player's words; becomes one line.
            speaker: Who speaks, when the game has several.
            observations: What the npc notices now.
            vocabulary: The live values that its actions may name.
            first: Whether nothing of the conversation precedes the message.
        """
        said = player_line(line, speaker)
        words = self._fence.plain(said)
        head, tail = self._user_head(first), self._fence.trusted(self._turns.user_tail)
        now = self._tail(observations, vocabulary)
        return UserTurn(text=said, volatile=head + now + words + tail, stable=head + words + tail, is_first=first)

    def as_first(self, turn: UserTurn) -> UserTurn:
        """Return a message as it stands when nothing of the conversation precedes it any more."""
        if turn.is_first:
            return turn
        head, now = self._user_head(True), len(self._user_head(False))
        return replace(turn, volatile=head + turn.volatile[now:], stable=head + turn.stable[now:], is_first=True)

    def decide_turn(
        self,
        situation: str,
        options: Sequence[str],
        *,
        observations: Sequence[str] = (),
        vocabulary: Mapping[str, Labels] | None = None,
        first: bool = False,
    ) -> DecideTurn:
        """Return a decision as a message; the answer is one of ``labels``.

        Args:
            situation: What the npc decides about.
            options: Two to twenty-six choices.
            observations: What it notices now.
            vocabulary: The live values that its actions may name.
            first: Whether nothing of the conversation precedes the message.

        Raises:
            PromptError: ``bad_options``, or ``label_not_single_token`` when the vocabulary has no token for a letter.
        """
        question = self._fence.plain(options_text(situation, options))
        tail = self._fence.trusted(self._turns.user_tail)
        tokens = self._user_head(first) + self._tail(observations, vocabulary) + question + tail
        return DecideTurn(tokens=tokens, labels=tuple(map(self._label, OPTION_LABELS[: len(options)])))

    def result_turn(self, results: str | Sequence[str]) -> Tokens:
        """Return what came of one or several calls as a message.

        Args:
            results: The game's text for each call of the last answer.
        """
        texts = [block(text, RESULT_LIMIT) for text in ([results] if isinstance(results, str) else results)]
        literals = self._results or _dialect_results(self.dialect, self._turns)
        between = self._fence.trusted(literals.result_between)
        tokens = self._fence.trusted(literals.result_head)
        for index, text in enumerate(texts):
            tokens += (between if index else ()) + self._fence.plain(text)
        return tokens + self._fence.trusted(literals.result_tail)

    def generation(self, thinking: bool = False) -> Tokens:
        """Return what makes the model answer, after everything else.

        Args:
            thinking: Whether it shall think first.
        """
        return self._fence.trusted(self.template.generation(thinking))

    def reply_head(self) -> Tokens:
        """Return what stands in front of an answer in the history."""
        return self._fence.trusted(self._turns.assistant_head)

    def reply_tail(self, *, after_call: bool = False) -> Tokens:
        """Return what stands after an answer.

        Args:
            after_call: Whether the answer ends with a call.
        """
        call_tail = self._results.call_tail if after_call and self._results else ""
        return self._fence.trusted(call_tail + self._turns.assistant_tail)

    def reply_text(self, parts: str | Iterable[Part]) -> Tokens:
        """Return the tokens of an answer's text; a str is foreign text, parts say what they are."""
        if isinstance(parts, str):
            return self._fence.plain(parts)
        encoded = (self._fence.trusted(part.text) if part.trusted else self._fence.plain(part.text) for part in parts)
        return tuple(token for tokens in encoded for token in tokens)

    def reply(self, speech: str, calls: Sequence[tuple[str, Mapping[str, Any]]] = ()) -> Tokens:
        """Return the tokens of an answer with calls, between :meth:`reply_head` and :meth:`reply_tail`.

        Args:
            speech: What is said; may be empty.
            calls: Name and arguments of each call.
        """
        tokens = self.reply_text(speech)
        for name, arguments in calls:
            tokens += self._fence.trusted("\n") if tokens else ()
            tokens += self.reply_text(self.dialect.render_call(name, arguments))
        return tokens

    def is_reply(self, tokens: Sequence[int], speech: str, calls: Sequence[tuple[str, Mapping[str, Any]]] = ()) -> bool:
        """Tell whether tokens from elsewhere hold no other control tokens than such an answer has."""
        return self._fence.controls(tokens) == self._fence.controls(self.reply(speech, calls))

    def text(self, tokens: Iterable[int]) -> str:
        """Return the text of tokens, control tokens spelled out."""
        return b"".join(map(self.tokenizer.piece, tokens)).decode("utf-8", "replace")

    def _begin(self, head: str) -> Tokens:
        begin = self.tokenizer.bos_token
        if not self.tokenizer.add_bos or begin is None or self._fence.trusted(head)[:1] == (begin,):
            return ()
        return (begin,)

    def _plain_piece(self, text: str) -> _Piece:
        return _Piece(text, self._fence.plain(text, remember=True))

    def _instructions(self, actions: Sequence[ActionSpec], tail: str, foreign: Sequence[str]) -> _Piece:
        closing = _Piece(tail, self._shown(tail, self._turns.system_tail, foreign))
        if not actions or self.uses_template_tools:
            return closing
        text = SEGMENT_BREAK + self.dialect.instructions(actions)
        return _Piece(text, self._fence.mixed(text, foreign)) + closing

    def _shown(self, literal: str, without_tools: str, foreign: Sequence[str]) -> Tokens:
        if literal == without_tools:
            return self._fence.trusted(literal)
        return self._fence.mixed(literal, foreign, ending=without_tools)

    def _user_head(self, first: bool) -> Tokens:
        return self._fence.trusted(self._turns.first_user_head if first else self._turns.user_head)

    def _tail(self, observations: Sequence[str], vocabulary: Mapping[str, Labels] | None) -> Tokens:
        pieces = tail_pieces(observations, vocabulary)
        return tuple(token for piece in pieces for token in self._fence.plain(piece, remember=True))

    def _label(self, letter: str) -> int:
        tokens = self._fence.plain(letter, remember=True)
        token = tokens[0] if len(tokens) == 1 else self.tokenizer.token_id(letter)
        if token is None:
            raise PromptError(
                f"The model's vocabulary has no single token for {letter!r}, so it cannot choose among options.",
                "Use another model for decisions, or ask with fewer options.",
                code="label_not_single_token",
                label=letter,
                tokens=list(tokens),
            )
        return token


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    tokens: Tokens

    def __add__(self, other: _Piece) -> _Piece:
        return _Piece(self.text + other.text, self.tokens + other.tokens)


def _literals(template: ChatTemplate, dialect: Dialect) -> tuple[str, ...]:
    turns = template.turns
    results = template.results
    return (
        *(turns.system_head, turns.system_tail, turns.user_head, turns.user_tail),
        *(turns.assistant_head, turns.assistant_tail, turns.generation, turns.thinking_generation),
        *((results.result_head, results.result_between, results.result_tail) if results else ()),
        *(part.text for part in dialect.render_result(_PROBE_RESULT) if part.trusted),
        *(dialect.trigger, dialect.trigger.replace("<", "</", 1), THINK_START, THINK_END),
    )


def _teaches(source: str, dialect: Dialect) -> bool:
    mark = _CALL_MARKS.get(dialect.name)
    return dialect.trigger in source and (mark is None or mark.search(source) is not None)


def _dialect_results(dialect: Dialect, turns: TurnLiterals) -> ResultLiterals:
    head, _, tail = "".join(part.text for part in dialect.render_result(_PROBE_RESULT)).partition(_PROBE_RESULT)
    return ResultLiterals(
        call_tail="",
        result_head=turns.user_head + head,
        result_between=tail + "\n" + head,
        result_tail=tail + turns.user_tail,
    )
