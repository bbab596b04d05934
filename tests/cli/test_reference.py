"""docs/cli.md is what the program says about itself."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from npc_sdk.cli.app import app
from npc_sdk.cli.chat_commands import ChatCommands

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def make_cli() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_cli", DOCS / "make_cli.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current(make_cli: ModuleType) -> None:
    assert (DOCS / "cli.md").read_text(encoding="utf-8") == make_cli.page(), "run python docs/make_cli.py"


def test_the_page_names_every_slash_command(make_cli: ModuleType) -> None:
    talk: Any = None
    for name in ChatCommands(talk)._commands:
        assert f"`{name}" in make_cli.CHAT


def test_every_value_has_a_placeholder(make_cli: ModuleType) -> None:
    def options(command: Any) -> list[Any]:
        children = [option for child in getattr(command, "commands", {}).values() for option in options(child)]
        return [*command.params, *children]

    named = [option for option in options(typer.main.get_command(app)) if option.name not in make_cli.COMPLETION]
    assert [option.name for option in named if not getattr(option, "is_flag", False) and not option.metavar] == []


def test_the_script_can_check() -> None:
    command = [sys.executable, str(DOCS / "make_cli.py"), "--check"]
    assert subprocess.run(command, timeout=60, check=False).returncode == 0
