"""Shows what a prompt consists of, and what would make an engine read it again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from npc_sdk.prompt.compiler import PromptCompiler
from npc_sdk.prompt.segments import Segment
from npc_sdk.prompt.text import block, one_line, persona_text, world_text

if TYPE_CHECKING:
    from npc_sdk.actions import ActionSpec
    from npc_sdk.persona import Persona, World

HEAD_CHARACTERS = 80
LARGE_SHARE = 0.5
REPEATED_CHARACTERS = 24

_PLACEHOLDER = re.compile(
    r"\{\{.{1,60}?\}\}|\{[A-Za-z_][\w. ]{0,40}\}|\$\{?[A-Za-z_]\w*\}?|%[A-Za-z_]{2,40}%|<[A-Z_]{3,40}>"
)
_DATE_OR_TIME = re.compile(
    r"\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\b\d{1,2}:\d{2}(?::\d{2})?\s*(?:[ap]\.?m\.?)?",
    re.IGNORECASE,
)
_VOLATILE = re.compile(
    r"\b(?:HP|MP|XP|health|hit points|gold|ammo|tick|score|level|position|mood)\s*(?:[:=]|is(?: now)?)\s*\d+"
    r"|\b\d+\s*/\s*\d+\s*(?:HP|MP|health)\b|\b(?:right now|at the moment|currently|today)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmentReport:
    """One segment of a prompt in figures.

    Attributes:
        kind: Name of the segment.
        tokens: How many tokens it has.
        share: Its share of the context; None when no context was given.
        head: How its text begins.
    """

    kind: str
    tokens: int
    share: float | None
    head: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptWarning:
    """Something that costs time in every turn.

    Attributes:
        code: Stable name of the problem.
        text: What is wrong and what to do, in words.
    """

    code: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptReport:
    """What :func:`lint` found.

    Attributes:
        segments: The segments in their order.
        tokens: How many tokens they have together.
        context_tokens: The context that they share; None when none was given.
        warnings: What would break the prefix or fill the context.
    """

    segments: tuple[SegmentReport, ...]
    tokens: int
    context_tokens: int | None
    warnings: tuple[PromptWarning, ...]


def lint(
    compiler: PromptCompiler,
    persona: Persona,
    world: World | None = None,
    actions: Sequence[ActionSpec] = (),
    *,
    context_tokens: int | None = None,
) -> PromptReport:
    """Return the segments of an npc's prompt and what would make an engine read them again.

    Args:
        compiler: Knows vocabulary, template and dialect.
        persona: Who the npc is.
        world: The setting that it shares with others.
        actions: What it can do.
        context_tokens: Most tokens of a prompt together with its answer.

    Raises:
        PromptError: ``template_failed`` when the template cannot show the actions.
    """
    segments = compiler.system(world, persona, actions)
    total = sum(len(segment.tokens) for segment in segments)
    warnings = (
        *_text_warnings("persona", persona_text(persona)),
        *(_text_warnings("world", world_text(world)) if world is not None else ()),
        *_repeated(persona, world),
        *_template_warnings(compiler, actions),
        *_size_warnings(segments, total, context_tokens),
    )
    reports = tuple(_report(segment, context_tokens) for segment in segments)
    return PromptReport(segments=reports, tokens=total, context_tokens=context_tokens, warnings=warnings)


def _report(segment: Segment, context_tokens: int | None) -> SegmentReport:
    count = len(segment.tokens)
    share = count / context_tokens if context_tokens else None
    return SegmentReport(
        kind=segment.kind.value, tokens=count, share=share, head=one_line(segment.text, HEAD_CHARACTERS)
    )


def _text_warnings(where: str, text: str) -> Iterator[PromptWarning]:
    checks = (
        (_PLACEHOLDER, "placeholder", "looks like a placeholder; nothing fills it in"),
        (_DATE_OR_TIME, "date_or_time", "looks like a date or a time"),
        (_VOLATILE, "volatile_value", "looks like something that changes"),
    )
    for pattern, code, problem in checks:
        found = pattern.search(text)
        if found:
            yield PromptWarning(
                code=code,
                text=f"The {where} says {found.group().strip()!r}, which {problem}. "
                "What changes belongs in an observation: every change here reads the prompt anew.",
            )


def _repeated(persona: Persona, world: World | None) -> Iterator[PromptWarning]:
    if world is None:
        return
    own = persona_text(persona).casefold()
    for line in _long_lines([block(world.setting), *map(one_line, world.facts)]):
        if line.casefold() in own:
            yield PromptWarning(
                code="world_repeated",
                text=f"The persona repeats the world: {line[:HEAD_CHARACTERS]!r}. Remove it from the persona; the "
                "world is read once for all characters.",
            )


def _long_lines(texts: Iterable[str]) -> Iterator[str]:
    return (line for text in texts for line in text.split("\n") if len(line) >= REPEATED_CHARACTERS)


def _template_warnings(compiler: PromptCompiler, actions: Sequence[ActionSpec]) -> Iterator[PromptWarning]:
    template = compiler.template
    for warning in template.warnings:
        yield PromptWarning(code="template", text=warning)
    if template.reads_clock:
        yield PromptWarning(
            code="template_reads_clock",
            text="The chat template writes the date into the prompt, so states kept from another day do not fit.",
        )
    if actions and template.supports_tools and not compiler.uses_template_tools:
        yield PromptWarning(
            code="other_call_format",
            text="The chat template writes calls in a way that is not known here; another one is described in the "
            "prompt, which the model may follow less well.",
        )
    if actions and compiler.uses_template_tools and template.tools_place == "before":
        yield PromptWarning(
            code="actions_first",
            text="The chat template puts actions in front of world and persona: characters with different actions "
            "share nothing, and a change of actions reads everything anew.",
        )


def _size_warnings(segments: Sequence[Segment], total: int, context_tokens: int | None) -> Iterator[PromptWarning]:
    if not context_tokens:
        return
    if total >= context_tokens:
        yield PromptWarning(
            code="prompt_too_long",
            text=f"World, persona and actions have {total} tokens; the context has {context_tokens}.",
        )
        return
    for segment in segments:
        if len(segment.tokens) > LARGE_SHARE * context_tokens:
            yield PromptWarning(
                code="large_segment",
                text=f"The {segment.kind.value} takes {len(segment.tokens)} of {context_tokens} tokens, which leaves "
                "little room for what is said.",
            )
