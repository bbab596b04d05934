"""Shows what the prompt of a character consists of, in the tokens of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from npc_sdk.cli.console import output, plain

if TYPE_CHECKING:
    from npc_sdk.prompt import PromptReport
    from npc_sdk.prompt.compiler import PromptCompiler


def report_prompts(
    files: Sequence[Path], *, world: str | None, model: str, context_tokens: int | None
) -> dict[Path, PromptReport]:
    """Return the report of each persona's prompt.

    Args:
        files: Persona files.
        world: A file, or a shipped world by name.
        model: A name or a file.
        context_tokens: What a prompt has to fit; None takes what the model was made for.

    Raises:
        ModelError: The model cannot be found or used.
        PersonaError: The world, or one of the personas, cannot be used.
    """
    from npc_sdk.cli.record_files import find_world
    from npc_sdk.models import read_header, resolve_model
    from npc_sdk.persona import Persona
    from npc_sdk.prompt.lint import lint

    setting = None if world is None else find_world(world)
    model_path = resolve_model(model).path
    compiler = _compiler(model_path)
    context = context_tokens or read_header(model_path).context_length or None
    return {path: lint(compiler, Persona.load(path), setting, context_tokens=context) for path in files}


def _compiler(model_path: Path) -> PromptCompiler:
    from npc_sdk.actions import dialect_for
    from npc_sdk.engine import EngineConfig, ThreadEngine
    from npc_sdk.prompt import ChatTemplate, PromptCompiler

    tokenizer = ThreadEngine(EngineConfig(model_path=str(model_path))).tokenizer
    return PromptCompiler(tokenizer, ChatTemplate.for_tokenizer(tokenizer), dialect_for(tokenizer.chat_template))


def print_reports(reports: Mapping[Path, PromptReport]) -> None:
    """Print the reports for people."""
    for path, report in reports.items():
        _print_report(path, report)


def _print_report(path: Path, report: PromptReport) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(f"Prompt of {plain(str(path))}"), title_justify="left")
    for heading in ("segment", "tokens", "share", "begins with"):
        table.add_column(heading, justify="right" if heading in ("tokens", "share") else "left")
    for segment in report.segments:
        share = "" if segment.share is None else f"{segment.share:.0%}"
        table.add_row(segment.kind, str(segment.tokens), share, Text(plain(segment.head)))
    total_share = f"{report.tokens / report.context_tokens:.0%}" if report.context_tokens else ""
    table.add_row("all", str(report.tokens), total_share, "", style="bold")
    console = output()
    console.print(table)
    for warning in report.warnings:
        line = Text.assemble(
            (f"{plain(str(path))}: ", "bold"), ("warning", "yellow"), f": {plain(warning.text)} ({warning.code})"
        )
        console.print(line, soft_wrap=True)
