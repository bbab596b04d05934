"""``npc persona``: check, list, show and begin persona files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from npc_sdk.cli.console import output, plain, print_json
from npc_sdk.cli.record_files import (
    check_files,
    exit_for,
    find_persona,
    findings_json,
    is_usable,
    print_findings,
    print_list,
)

if TYPE_CHECKING:
    from npc_sdk.persona import Finding
    from npc_sdk.prompt.lint import PromptReport

persona_app = typer.Typer(help="Persona files: who a character is.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]


@persona_app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Persona files (.toml, .yaml, .yml, .json).")],
    prompt: Annotated[
        bool, typer.Option("--prompt", help="Also show the prompt: segments, tokens, what would break its prefix.")
    ] = False,
    world: Annotated[
        str | None, typer.Option(metavar="FILE|NAME", help="World for --prompt: a file, or a shipped one by name.")
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="NAME|PATH", help="Model whose tokens and template --prompt uses.")
    ] = "starter",
    context: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="TOKENS", help="Context that the prompt of --prompt has to fit; the model's own otherwise."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong in persona files, with line and mend. Ends with 1 when one of them has an error."""
    from npc_sdk.persona import check_persona

    found = check_files(files, check_persona)
    usable = [path for path, findings in found.items() if is_usable(findings)]
    reports: dict[Path, PromptReport] = {}
    if prompt and usable:
        from npc_sdk.cli.prompt_report import report_prompts

        reports = report_prompts(usable, world=world, model=model, context_tokens=context)
    if as_json:
        _print_check_json(found, reports)
    else:
        print_findings(found)
        if reports:
            from npc_sdk.cli.prompt_report import print_reports

            print_reports(reports)
    raise typer.Exit(exit_for(found))


def _print_check_json(found: dict[Path, list[Finding]], reports: dict[Path, PromptReport]) -> None:
    print_json(
        [
            {
                "file": str(path),
                "is_usable": is_usable(findings),
                "findings": findings_json(findings),
                **({"prompt": asdict(reports[path])} if path in reports else {}),
            }
            for path, findings in found.items()
        ]
    )


@persona_app.command("list")
def list_personas(as_json: AsJson = False) -> None:
    """List the personas that come with the package."""
    from npc_sdk.persona import Persona, shipped_personas

    personas = {name: Persona.shipped(name) for name in shipped_personas()}
    print_list([(name, persona.name, persona.role) for name, persona in personas.items()], as_json=as_json)


@persona_app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A shipped persona, or a file.")],
    prompt: Annotated[bool, typer.Option("--prompt", help="Show the text that a model reads instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a persona: all its fields, or the text that a model reads."""
    persona = find_persona(name)
    if as_json:
        print_json(persona.to_dict())
    elif prompt:
        from npc_sdk.prompt.text import persona_text

        output().out(plain(persona_text(persona)))
    else:
        from npc_sdk.cli.record_view import print_record

        print_record(persona.to_dict())


@persona_app.command()
def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; must not be there yet (.toml).")],
) -> None:
    """Write a persona file to begin with; every field is explained in it."""
    from npc_sdk.cli.persona_template import PERSONA_TEMPLATE
    from npc_sdk.cli.target_file import write_text

    if file.suffix.lower() != ".toml":
        raise typer.BadParameter("The template is TOML: name the file .toml.", param_hint="FILE")
    write_text(file, PERSONA_TEMPLATE, is_new=True)
    output().out(f"{file} is written. Next: npc persona check {file}, then npc chat --persona {file}")
