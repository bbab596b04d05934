"""The chat template of a model as literals, taken from the model file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from npc_sdk.engine.tokenizer import Tokenizer
from npc_sdk.errors import PromptError
from npc_sdk.prompt.literals import (
    PROBE_TOOLS,
    Message,
    NotComposableError,
    Render,
    ResultLiterals,
    Tools,
    ToolsPlace,
    TurnLiterals,
    check,
    result_literals,
    system_parts,
    turn_literals,
)
from npc_sdk.prompt.sandbox import SandboxedTemplate

THINK_START = "<think>"
THINK_END = "</think>"

CHATML = """\
{% for message in messages %}
{{ '<|im_start|>' ~ message.role ~ '\\n' ~ message.content ~ '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
{{ '<|im_start|>assistant\\n' }}
{%- endif %}
"""

_END_SPELLINGS = ("<|im_end|>", "<|eot_id|>", "</s>", "<end_of_turn>", "<|end|>", "<|endoftext|>")


class ChatTemplate:
    """What stands around the contents of a conversation; immutable, safe to use from any thread.

    Made by :meth:`from_source` or :meth:`for_tokenizer`.

    Attributes:
        source: The Jinja2 source that is used.
        turns: The literals of the turns.
        results: The literals of calls and their results, or None where the template shows none.
        tools_place: Whether tools stand ``after`` or ``before`` the system text; None when it ignores them.
        reads_clock: Whether the template writes the date.
        warnings: What could not be used, in words.
    """

    def __init__(self, source: str, render: Render, *, reads_clock: bool = False, warnings: Sequence[str] = ()) -> None:
        self.source = source
        self.reads_clock = reads_clock
        self._render = render
        self.turns: TurnLiterals = turn_literals(render)
        self.tools_place: ToolsPlace | None
        self.tools_place, tool_warnings = _tools_place(render, self.turns)
        self.results: ResultLiterals | None = result_literals(render, self.turns) if self.tools_place else None
        self.warnings = (*warnings, *tool_warnings)

    @classmethod
    def from_source(
        cls, source: str | None, *, bos_token: str = "", eos_token: str = "", now: datetime | None = None
    ) -> ChatTemplate:
        """Return the template of a source; ChatML, with a warning, where it cannot be used.

        Args:
            source: Jinja2 source, or None when the model file has none.
            bos_token: Spelling of the token that begins a text.
            eos_token: Spelling of the token that ends one.
            now: The moment that the template may write; fixed for the life of this object.
        """
        if source is None or not source.strip():
            return _chatml("The model file has no chat template; ChatML is used.")
        try:
            sandboxed = SandboxedTemplate(source, constants={"bos_token": bos_token, "eos_token": eos_token}, now=now)
            return cls(source, _renderer(sandboxed), reads_clock=sandboxed.reads_clock)
        except NotComposableError as error:
            return _chatml(f"The model's chat template cannot be built piece by piece: {error}; ChatML is used.")
        except PromptError as error:
            return _chatml(f"{error.cause} ChatML is used.")

    @classmethod
    def for_tokenizer(cls, tokenizer: Tokenizer, *, now: datetime | None = None) -> ChatTemplate:
        """Return the template that a model file brings.

        Args:
            tokenizer: The model's vocabulary, with its ``chat_template``.
            now: The moment that the template may write.
        """
        ends = [tokenizer.piece(token).decode("utf-8", "replace") for token in sorted(tokenizer.end_tokens)]
        known = [spelling for spelling in _END_SPELLINGS if spelling in ends]
        begin = "" if tokenizer.bos_token is None else tokenizer.piece(tokenizer.bos_token).decode("utf-8", "replace")
        eos = next(iter([*known, *ends]), "")
        return cls.from_source(tokenizer.chat_template, bos_token=begin, eos_token=eos, now=now)

    @property
    def supports_tools(self) -> bool:
        """Whether the template writes out the tools that it is given."""
        return self.tools_place is not None

    @property
    def supports_thinking(self) -> bool:
        """Whether thinking can be asked for and left out."""
        return self.turns.thinking_generation != self.turns.generation

    def system_parts(self, tools: Tools = ()) -> tuple[str, str]:
        """Return the literals in front of and after the system text.

        Args:
            tools: The tools to show, in the shape of OpenAI's API; ignored where the template ignores them.

        Raises:
            PromptError: ``template_failed`` when the template cannot show these tools.
        """
        if not tools or not self.supports_tools:
            return self.turns.system_head, self.turns.system_tail
        try:
            return system_parts(self._render, self.turns, tools)
        except NotComposableError as error:
            raise PromptError(
                f"The model's chat template cannot show these actions: {error}.",
                "Rename what looks like a marker word (qz...zq), or pass a chat template of your own.",
                code="template_failed",
            ) from error

    def generation(self, thinking: bool = False) -> str:
        """Return the literal that makes the model answer.

        Args:
            thinking: Whether it shall think first; ignored where that cannot be asked for.
        """
        return self.turns.thinking_generation if thinking else self.turns.generation

    def starts_inside_thought(self, thinking: bool = False) -> bool:
        """Tell whether what the model generates begins inside a thought that the literal has opened."""
        literal = self.generation(thinking)
        return literal.rfind(THINK_START) > literal.rfind(THINK_END)


def _renderer(sandboxed: SandboxedTemplate) -> Render:
    def render(
        messages: Sequence[Message], *, tools: Tools = (), thinking: bool = False, generation: bool = False
    ) -> str:
        variables: dict[str, Any] = {
            "messages": list(messages),
            "tools": list(tools) or None,
            "add_generation_prompt": generation,
            # Templates disagree on the name of this switch.
            "enable_thinking": thinking,
            "thinking": thinking,
        }
        return sandboxed.render(**variables)

    return render


def _chatml(warning: str) -> ChatTemplate:
    return ChatTemplate(CHATML, _renderer(SandboxedTemplate(CHATML)), warnings=[warning])


def _tools_place(render: Render, literals: TurnLiterals) -> tuple[ToolsPlace | None, tuple[str, ...]]:
    try:
        head, tail = system_parts(render, literals, PROBE_TOOLS)
        if (head, tail) == (literals.system_head, literals.system_tail):
            return None, ()
        check(render, literals, PROBE_TOOLS)
        return ("after" if head == literals.system_head else "before"), ()
    except (NotComposableError, PromptError) as error:
        reason = error.cause if isinstance(error, PromptError) else str(error)
        return None, (f"The chat template's own form for tools is not used: {reason.rstrip('.')}.",)
