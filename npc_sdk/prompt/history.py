"""What was said between a player and an npc, as tokens that only grow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

from npc_sdk.errors import PromptError, StateError
from npc_sdk.prompt.compiler import DecideTurn, PromptCompiler, UserTurn
from npc_sdk.prompt.exchange import Exchange, Step, oldest_to_drop
from npc_sdk.prompt.heard import Answer, Call, heard_reply, read_answer, text_answer
from npc_sdk.prompt.record import exchanges_from_data, exchanges_to_data, reply_message, result_step, whole_number
from npc_sdk.prompt.segments import Segment
from npc_sdk.prompt.text import SILENCE
from npc_sdk.prompt.token_cache import Tokens

if TYPE_CHECKING:
    from npc_sdk.actions import Labels

RESERVE_TOKENS = 256


class History:
    """The conversation of one npc.

    The last exchange is open: answers, results and reports of what was heard go into it. The next turn closes it;
    closed exchanges never change, and are dropped oldest first when the context is full.
    Not thread safe; owned by the npc's turns.

    Args:
        compiler: Builds the messages.
        system: The segments with which every prompt begins; never dropped.
        context_tokens: Most tokens of a prompt together with its answer.
        reserve_tokens: Tokens kept free for an answer.

    Attributes:
        dropped_exchanges: How many exchanges were dropped so far.
    """

    def __init__(
        self,
        compiler: PromptCompiler,
        system: Sequence[Segment],
        *,
        context_tokens: int,
        reserve_tokens: int = RESERVE_TOKENS,
    ) -> None:
        self._compiler = compiler
        self._system: Tokens = tuple(token for segment in system for token in segment.tokens)
        self._context_tokens = context_tokens
        self._reserve_tokens = reserve_tokens
        self._closed: list[Exchange] = []
        self._closed_tokens: list[int] = []
        self._open: Exchange | None = None
        self._thinking = False
        self._awaits_answer = False
        self.dropped_exchanges = 0

    @property
    def system_tokens(self) -> Tokens:
        """The tokens with which every prompt begins."""
        return self._system

    @property
    def tokens(self) -> Tokens:
        """The conversation so far, as the next turn's prompt will hold it."""
        return (*self._closed_tokens, *self._open_tokens())

    @property
    def closed_tokens(self) -> Tokens:
        """The closed exchanges: they only grow, until the oldest are dropped."""
        return tuple(self._closed_tokens)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges that are remembered, oldest first; not to be changed."""
        return (*self._closed, self._open) if self._open else tuple(self._closed)

    def begin_turn(
        self,
        line: str,
        *,
        speaker: str | None = None,
        observations: Sequence[str] = (),
        vocabulary: Mapping[str, Labels] | None = None,
        thinking: bool = False,
    ) -> Tokens:
        """Close the last exchange, open one with the player's line, and return the whole prompt.

        Args:
            line: The player's words.
            speaker: Who speaks, when the game has several.
            observations: What the npc notices now; not kept.
            vocabulary: The live values that its actions may name; not kept.
            thinking: Whether the model shall think first.

        Raises:
            StateError: ``turn_open`` when the last turn was not committed.
            PromptError: ``prompt_too_long`` when it cannot fit, even without any history; nothing is changed then.
        """
        self._require_idle()
        first = not self._closed and self._open is None
        user = self._compiler.user_turn(
            line, speaker=speaker, observations=observations, vocabulary=vocabulary, first=first
        )
        generation = self._compiler.generation(thinking)
        self._fit(len(user.volatile) + len(generation), self._reserve_tokens, open_may_go=True)
        self._close()
        user = user if self._closed else self._compiler.as_first(user)
        self._open = Exchange(user=user)
        self._thinking, self._awaits_answer = thinking, True
        return (*self._system, *self._closed_tokens, *user.volatile, *generation)

    def begin_result(self, results: str | Sequence[str], *, thinking: bool = False) -> Tokens:
        """Add what came of the last answer's calls, and return the prompt with which the npc goes on.

        The prompt continues that of the turn, tail included, so only what is new is read.

        Args:
            results: The game's text for each call.
            thinking: Whether the model shall think first.

        Raises:
            StateError: ``turn_open``, or ``no_exchange`` when there is nothing to add to.
            PromptError: ``prompt_too_long`` when it cannot fit.
        """
        exchange = self._require_exchange()
        step = result_step(self._compiler, results)
        generation = self._compiler.generation(thinking)
        asked = len(exchange.tokens(volatile=True)) + len(step.tokens) + len(generation)
        self._fit(asked, self._reserve_tokens)
        exchange.steps.append(step)
        self._thinking, self._awaits_answer = thinking, True
        return (*self._system, *self._closed_tokens, *exchange.tokens(volatile=True), *generation)

    def add_result(self, results: str | Sequence[str]) -> None:
        """Add what came of the last answer's calls, for the npc to know from the next turn on.

        Args:
            results: The game's text for each call.

        Raises:
            StateError: ``turn_open``, or ``no_exchange`` when there is nothing to add to.
        """
        self._require_exchange().steps.append(result_step(self._compiler, results))

    def decide(
        self,
        situation: str,
        options: Sequence[str],
        *,
        observations: Sequence[str] = (),
        vocabulary: Mapping[str, Labels] | None = None,
    ) -> DecideTurn:
        """Return the whole prompt of a decision; it leaves no trace in the history.

        Exchanges for which the decision leaves no room are left out of its prompt, and stay in the history.

        Args:
            situation: What the npc decides about.
            options: Two to twenty-six choices.
            observations: What it notices now.
            vocabulary: The live values that its actions may name.

        Raises:
            PromptError: ``bad_options``, ``label_not_single_token``, or ``prompt_too_long``.
        """

        view = self._copy()

        def turn_after() -> DecideTurn:
            first = not view.exchanges
            return self._compiler.decide_turn(
                situation, options, observations=observations, vocabulary=vocabulary, first=first
            )

        turn, generation = turn_after(), self._compiler.generation()
        view._fit(len(view._open_tokens()) + len(turn.tokens) + len(generation), 1)
        turn = turn_after()
        before = (*self._system, *view.tokens)
        return DecideTurn(tokens=(*before, *turn.tokens, *generation), labels=turn.labels, start=len(before))

    def commit(
        self,
        generated: Sequence[int],
        *,
        calls: Sequence[Call] = (),
        heard: int | None = None,
        is_broken_off: bool = False,
    ) -> None:
        """Keep the answer to the open turn as far as it was heard; the player's line is kept in any case.

        Args:
            generated: All tokens that the model generated, thoughts and end tokens included.
            calls: Name and arguments of each call that was delivered to the game.
            heard: Characters of its speech that were heard, or None for all.
            is_broken_off: Whether the model was stopped before it had ended.

        Raises:
            StateError: ``no_turn`` when no turn is open.
        """
        self._require_turn()
        answer = read_answer(self._compiler, generated, thinking=self._thinking, is_broken_off=is_broken_off)
        self._add_answer(answer, calls, heard)

    def commit_text(self, text: str, *, heard: int | None = None) -> None:
        """Keep a line that the model did not generate: a fallback line, or a greeting before any turn.

        Args:
            text: What the npc said.
            heard: Characters of it that were heard, or None for all.
        """
        if not self._awaits_answer:
            self._close()
            self._open = Exchange(user=None if self._closed else self._first_silence())
        self._add_answer(text_answer(self._compiler, text), (), heard)

    def heard(self, characters: int) -> None:
        """Cut the answers of the last exchange to what was heard of them together.

        May be called again with a larger number, until the next turn begins.

        Args:
            characters: Characters of speech, counted over all answers of the exchange.

        Raises:
            StateError: ``turn_open``, or ``no_exchange`` when there is nothing to cut.
        """
        exchange = self._require_exchange()
        left = characters
        steps = []
        for step in exchange.steps:
            answer = step.answer
            if answer is None:
                steps.append(step)
                continue
            steps.append(self._npc_step(answer, step.reply.calls if step.reply else (), left))
            left = max(0, left - answer.speech_characters())
        exchange.steps = steps

    def make_room(self, turn_tokens: int) -> None:
        """Drop now the oldest exchanges that a next turn would drop, so that its prompt can be read before it comes.

        The last exchange stays: it may still change.

        Args:
            turn_tokens: Tokens of the turn that is expected, its opening of an answer included.
        """
        sizes = [len(exchange.tokens()) for exchange in self._closed]
        room = self._room(turn_tokens + len(self._open_tokens()), self._reserve_tokens)
        if sizes and sum(sizes) > room:
            self._drop(oldest_to_drop(sizes, room))

    def resize(self, context_tokens: int) -> None:
        """Count with a context of another size from the next turn on.

        Args:
            context_tokens: Most tokens of a prompt together with its answer.
        """
        self._context_tokens = context_tokens

    def to_dict(self) -> dict[str, Any]:
        """Return the history as plain data, for a save; :meth:`restore` reads it."""
        return {**exchanges_to_data(self._compiler, self.exchanges), "dropped_exchanges": self.dropped_exchanges}

    @property
    def last_position(self) -> int:
        """Position of the exchange that may still change, counted over all that ever were."""
        return self.dropped_exchanges + len(self._closed)

    def changes(self, first: int) -> dict[str, Any]:
        """Return what :meth:`to_dict` does, from a position on; a turn that is not answered yet is left out.

        Args:
            first: Position of the first exchange to return, as :attr:`last_position` counts.
        """
        start = max(first, self.dropped_exchanges)
        exchanges = self._closed if self._awaits_answer else self.exchanges
        return {
            **exchanges_to_data(self._compiler, exchanges[start - self.dropped_exchanges :]),
            "dropped_exchanges": self.dropped_exchanges,
            "first": start,
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Replace the history by one from :meth:`to_dict`, also one that another model has made.

        Token ids are taken over only when the same model made them; else the texts are encoded anew.

        Args:
            data: Plain data; may come from a file that somebody has edited.

        Raises:
            PromptError: ``bad_history`` when it cannot be read; nothing is changed then.
        """
        exchanges = exchanges_from_data(self._compiler, data)
        self.dropped_exchanges = whole_number(data, "dropped_exchanges")
        self._closed, self._open, self._awaits_answer = exchanges, None, False
        self._drop(0)

    def _add_answer(self, answer: Answer, calls: Sequence[Call], heard: int | None) -> None:
        if self._open is not None:
            self._open.steps.append(self._npc_step(answer, calls, heard))
        self._awaits_answer = False

    def _npc_step(self, answer: Answer, calls: Sequence[Call], heard: int | None) -> Step:
        reply = heard_reply(self._compiler, answer, calls, heard)
        return Step(
            kind="npc",
            texts=(reply.text,) if reply else ("",),
            tokens=reply_message(self._compiler, reply) if reply else (),
            reply=reply,
            answer=answer,
        )

    def _open_tokens(self) -> Tokens:
        return self._open.tokens() if self._open else ()

    def _close(self) -> None:
        if self._open is not None:
            self._open.steps = [
                Step(kind=step.kind, texts=step.texts, tokens=step.tokens, reply=step.reply)
                for step in self._open.steps
                if step.tokens
            ]
            self._closed.append(self._open)
            self._closed_tokens.extend(self._open.tokens())
            self._open = None

    def _fit(self, turn_tokens: int, reserve_tokens: int, *, open_may_go: bool = False) -> None:
        """Drop the oldest exchanges when a turn does not fit."""
        sizes = [len(exchange.tokens()) for exchange in self._closed]
        if open_may_go and self._open is not None:
            sizes.append(len(self._open.tokens()))
        room = self._room(turn_tokens, reserve_tokens)
        if room < 0:
            raise self._too_long(turn_tokens, reserve_tokens)
        if sum(sizes) > room:
            if open_may_go:
                self._close()
            self._drop(oldest_to_drop(sizes, room))

    def _room(self, turn_tokens: int, reserve_tokens: int) -> int:
        return self._context_tokens - len(self._system) - turn_tokens - reserve_tokens

    def _copy(self) -> History:
        view = copy(self)
        view._closed = list(self._closed)
        return view

    def _drop(self, count: int) -> None:
        del self._closed[:count]
        self.dropped_exchanges += count
        # Exchanges are replaced, not changed: a copy may share them.
        if self._closed:
            self._closed[0] = self._as_first(self._closed[0])
        elif self._open is not None:
            self._open = self._as_first(self._open)
        self._closed_tokens = [token for exchange in self._closed for token in exchange.tokens()]

    def _as_first(self, exchange: Exchange) -> Exchange:
        user = self._first_silence() if exchange.user is None else self._compiler.as_first(exchange.user)
        return Exchange(user=user, steps=exchange.steps)

    def _first_silence(self) -> UserTurn | None:
        # Where the system text opens the first user message, an answer cannot be the first message.
        turns = self._compiler.template.turns
        return None if turns.first_user_head == turns.user_head else self._compiler.user_turn(SILENCE, first=True)

    def _too_long(self, turn_tokens: int, reserve_tokens: int) -> PromptError:
        system_tokens = len(self._system)
        return PromptError(
            f"The prompt cannot fit: {system_tokens} tokens of system text, {turn_tokens} of this turn and "
            f"{reserve_tokens} for the answer are more than the context of {self._context_tokens}.",
            "Shorten the persona, the world, the observations or the vocabularies, or give a larger context.",
            code="prompt_too_long",
            system_tokens=system_tokens,
            turn_tokens=turn_tokens,
            reserve_tokens=reserve_tokens,
            context_tokens=self._context_tokens,
        )

    def _require_idle(self) -> None:
        if self._awaits_answer:
            raise StateError("The last turn is still open.", "Commit its answer first.", code="turn_open")

    def _require_turn(self) -> None:
        if not self._awaits_answer:
            raise StateError("No turn is open.", "Begin one first.", code="no_turn")

    def _require_exchange(self) -> Exchange:
        self._require_idle()
        if self._open is None:
            raise StateError("Nothing was said since the last exchange.", "Begin a turn first.", code="no_exchange")
        return self._open
