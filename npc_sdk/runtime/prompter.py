"""Builds the requests of one character: prompt, boundaries, grammar, sampling and limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from npc_sdk.actions import ActionSpec, Labels, WorldSnapshot
from npc_sdk.engine.request import Boundary, Constraint, PrefixKind, Priority, Request, Sampling, Thinking
from npc_sdk.errors import PromptError
from npc_sdk.persona import Persona, World
from npc_sdk.prompt.compiler import PromptCompiler
from npc_sdk.prompt.heard import Call
from npc_sdk.prompt.history import History
from npc_sdk.prompt.segments import Segment, SegmentKind
from npc_sdk.prompt.token_cache import Tokens

UNBOUNDED_THOUGHT_TOKENS = 2048
# What a next turn is held to take at least, when room is made for it before it comes.
EXPECTED_TURN_TOKENS = 96
_THOUGHT_END = "</think>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a turn is asked with.

    Args:
        line: The player's words.
        speaker: Who speaks.
        observations: What the character notices.
        snapshot: The live world.
        seed: Of the sampling.
        priority: How urgent it is.
    """

    line: str
    speaker: str | None
    observations: tuple[str, ...]
    snapshot: WorldSnapshot
    seed: int
    priority: Priority


class Prompter:
    """Not thread safe; owned by the runtime's thread, but for its making.

    Args:
        sequence: Names the character's state in the engine.
        compiler: Turns text into tokens.
        world: The setting, or None.
        persona: Who the character is.
        actions: What it can do.
        max_tokens: Most tokens of one sequence in the engine.
        is_greedy: Whether to always take the likeliest token.

    Attributes:
        history: The conversation.
        is_thinking: Whether prompts open a thought.

    Raises:
        PromptError: The persona leaves no room to talk (``prompt_too_long``).
    """

    def __init__(
        self,
        *,
        sequence: str,
        compiler: PromptCompiler,
        world: World | None,
        persona: Persona,
        actions: Sequence[ActionSpec],
        max_tokens: int,
        is_greedy: bool,
    ) -> None:
        self._sequence = sequence
        self._compiler = compiler
        self._persona = persona
        self._actions = tuple(actions)
        self._max_tokens = max_tokens
        self._is_greedy = is_greedy
        self._wants_thought = persona.thinking != "off"
        self.is_thinking = compiler.template.starts_inside_thought(self._wants_thought)
        self._thinking = self._thinking_limit()
        self._answer_tokens = persona.limits.tokens + self._thought_tokens()
        # The engine reserves one cell more than an answer may take.
        self._reserve_tokens = self._answer_tokens + 1
        self._turn_tokens = EXPECTED_TURN_TOKENS
        self._generation = compiler.generation(self._wants_thought)
        segments = compiler.system(world, persona, self._actions)
        self._boundaries = _boundaries(segments)
        self.history = History(compiler, segments, context_tokens=max_tokens, reserve_tokens=self._reserve_tokens)
        self._check_room()

    @property
    def system_tokens(self) -> int:
        """Length of what every prompt of this character begins with."""
        return len(self.history.system_tokens)

    def resize(self, max_tokens: int) -> None:
        """Count with another size of the engine's context from the next prompt on."""
        self._max_tokens = max_tokens
        self.history.resize(max_tokens)

    def labels(self, snapshot: WorldSnapshot) -> dict[str, Labels]:
        """Return the labels of the vocabularies that the actions use."""
        names = sorted({name for action in self._actions for name in action.vocabularies})
        return snapshot.labels(names)

    def turn(self, ask: Ask) -> Request:
        """Open a turn in the history and return its request.

        Raises:
            PromptError: The turn cannot fit, even without history (``prompt_too_long``); nothing is opened then.
        """
        vocabulary = self.labels(ask.snapshot)
        constraint = self._constraint(vocabulary)
        tokens = self.history.begin_turn(
            ask.line,
            speaker=ask.speaker,
            observations=ask.observations,
            vocabulary=vocabulary,
            thinking=self._wants_thought,
        )
        asked = len(self.history.exchanges[-1].tokens(volatile=True)) + len(self._generation)
        self._turn_tokens = max(EXPECTED_TURN_TOKENS, asked)
        return Request(
            id=0,
            sequence=self._sequence,
            tokens=tokens,
            boundaries=self._boundaries_to(len(tokens) - asked),
            priority=ask.priority,
            max_tokens=self._answer_tokens,
            sampling=self._sampling(ask.seed),
            stop=self._stop(can_act=constraint is not None),
            forbidden=self._forbidden(can_act=constraint is not None),
            constraint=constraint,
            thinking=self._thinking,
        )

    def go_on(self, generated: Sequence[int], calls: Sequence[Call], results: Sequence[str]) -> Tokens:
        """Note an answer with its actions and their results, and return the prompt to go on with.

        Raises:
            PromptError: It cannot fit (``prompt_too_long``); the answer is noted, the results are not.
        """
        self.history.commit(generated, calls=calls)
        return self.history.begin_result(results, thinking=self._wants_thought)

    def decision(
        self,
        situation: str,
        options: Sequence[str],
        *,
        observations: Sequence[str],
        snapshot: WorldSnapshot,
        priority: Priority,
        sequence: str,
    ) -> Request:
        """Return the request of a decision.

        Args:
            situation: What is decided about.
            options: What can be chosen.
            observations: What the character notices.
            snapshot: The live world.
            priority: How urgent it is.
            sequence: Names the state to work on.

        Raises:
            PromptError: It cannot fit (``prompt_too_long``), or the model cannot choose by letter.
        """
        turn = self.history.decide(situation, options, observations=observations, vocabulary=self.labels(snapshot))
        return Request(
            id=0,
            sequence=sequence,
            kind="score",
            tokens=turn.tokens,
            boundaries=self._boundaries_to(turn.start),
            priority=priority,
            max_tokens=1,
            labels=turn.labels,
        )

    def read_ahead(self, request_id: int) -> Request:
        """Return the request that reads what the next turn begins with; what it would not fit is forgotten now."""
        self.history.make_room(self._turn_tokens)
        tokens = self.history.system_tokens + self.history.tokens
        return Request(
            id=request_id,
            sequence=self._sequence,
            kind="read",
            tokens=tokens,
            boundaries=self._boundaries_to(len(tokens)),
            priority=Priority.AMBIENT,
        )

    def _boundaries_to(self, length: int) -> tuple[Boundary, ...]:
        """Return the kept positions of a prompt whose history ends at a length."""
        if length <= self.system_tokens:
            return self._boundaries
        return (*self._boundaries, Boundary(length, PrefixKind.CONVERSATION))

    def _check_room(self) -> None:
        needed = self.system_tokens + self._reserve_tokens + len(self._generation)
        if needed <= self._max_tokens:
            return
        raise PromptError(
            f"The prompt of {self._persona.name!r} has {self.system_tokens} tokens and an answer may take "
            f"{self._answer_tokens}; {self._max_tokens} fit.",
            "Shorten persona, world or actions, or lower limits.tokens; the setting cells helps only up to the "
            "context length of the model.",
            code="prompt_too_long",
            system_tokens=self.system_tokens,
            answer_tokens=self._answer_tokens,
            max_tokens=self._max_tokens,
        )

    def _constraint(self, vocabulary: Mapping[str, Labels]) -> Constraint | None:
        if not self._actions:
            return None
        dialect = self._compiler.dialect
        grammar = dialect.grammar(self._actions, vocabulary, self._compiler.tokenizer)
        return Constraint(trigger=dialect.trigger, grammar=grammar) if grammar else None

    def _sampling(self, seed: int) -> Sampling:
        chosen = self._persona.sampling
        return Sampling(
            temperature=0.0 if self._is_greedy else chosen.temperature,
            top_k=chosen.top_k,
            top_p=chosen.top_p,
            min_p=chosen.min_p,
            repeat_penalty=chosen.repeat_penalty,
            seed=seed,
        )

    def _tags(self, *, can_act: bool) -> tuple[str, ...]:
        """Return the tags that may not come in speech; the trigger is one of them when nothing can be done."""
        dialect = self._compiler.dialect
        return tuple(tag for tag in dialect.tags if not (can_act and tag == dialect.trigger))

    def _stop(self, *, can_act: bool) -> tuple[str, ...]:
        end = self._compiler.template.turns.assistant_tail.strip()
        tokenizer = self._compiler.tokenizer
        own = (end,) if end and tokenizer.token_id(end) not in tokenizer.end_tokens else ()
        return (*own, *self._tags(can_act=can_act))

    def _forbidden(self, *, can_act: bool) -> tuple[int, ...]:
        """Return the tokens of tags, so that a model takes another word instead of ending its speech there."""
        tokens = (self._compiler.tokenizer.token_id(tag) for tag in self._tags(can_act=can_act))
        return tuple(sorted({token for token in tokens if token is not None}))

    def _thinking_limit(self) -> Thinking | None:
        if not self.is_thinking:
            return None
        budget = self._persona.thinking if isinstance(self._persona.thinking, int) else None
        forced = tuple(self._compiler.tokenizer.encode(f"\n{_THOUGHT_END}\n", special=True))
        return Thinking(budget=budget, end=_THOUGHT_END, forced=forced)

    def _thought_tokens(self) -> int:
        if self._thinking is None:
            return 0
        budget = self._thinking.budget
        return UNBOUNDED_THOUGHT_TOKENS if budget is None else budget + len(self._thinking.forced)


def _boundaries(segments: Sequence[Segment]) -> tuple[Boundary, ...]:
    length = 0
    boundaries: list[Boundary] = []
    for segment in segments:
        length += len(segment.tokens)
        if segment.kind is SegmentKind.WORLD:
            boundaries.append(Boundary(length, PrefixKind.WORLD))
    return (*boundaries, Boundary(length, PrefixKind.PERSONA))
