"""The command line without a process of its own, and an engine without a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner

from npc_sdk.cli.app import app
from npc_sdk.testing import FakeEngine

Npc = Callable[..., Any]


@pytest.fixture
def npc(monkeypatch: pytest.MonkeyPatch) -> Npc:
    """Run the command line with these arguments; the result has exit_code, stdout and stderr."""
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("NPC_DEBUG", raising=False)
    return lambda *arguments, **options: CliRunner().invoke(app, [str(part) for part in arguments], **options)


@pytest.fixture
def fake_engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """The engine that ``npc chat`` gets instead of one with a model."""
    engine = FakeEngine()
    monkeypatch.setattr("npc_sdk.cli.opening.make_engine", lambda casting, progress: engine)
    return engine
