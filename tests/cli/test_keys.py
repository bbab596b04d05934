from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.wire.keys import KeyRing

Npc = Callable[..., Any]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keys of this test alone."""
    monkeypatch.setenv("NPC_KEYS_DIR", str(tmp_path / "keys"))
    return tmp_path / "keys"


def test_a_key_is_made_listed_and_revoked(npc: Npc, folder: Path) -> None:
    made = json.loads(npc("keys", "new", "game", "--json").stdout)
    ring = KeyRing(folder)
    assert ring.allowed() == {made["public"]} and made["host_public"] == ring.host_keys().public
    assert made["secret"] not in npc("keys", "list").stdout
    assert "game" in npc("keys", "list").stdout
    listed = json.loads(npc("keys", "list", "--json").stdout)
    assert [client["name"] for client in listed["clients"]] == ["game"]
    assert npc("keys", "revoke", "game").exit_code == 0
    assert ring.allowed() == frozenset()


def test_a_secret_is_shown_once_and_with_a_warning(npc: Npc) -> None:
    result = npc("keys", "new", "game")
    assert "secret" in result.stdout and "nobody else" in result.stderr


def test_a_client_may_bring_its_own_key(npc: Npc, folder: Path) -> None:
    public = "x" * 40
    result = npc("keys", "new", "game", "--public-key", public)
    assert result.exit_code == 0 and "secret" not in result.stdout
    assert KeyRing(folder).allowed() == {public}
    assert json.loads(npc("keys", "revoke", "game", "--json").stdout)["public"] == public


@pytest.mark.parametrize("arguments", [("new", "../x"), ("new", "game", "--public-key", "short"), ("revoke", "game")])
def test_slips_are_told(npc: Npc, arguments: tuple[str, ...]) -> None:
    assert npc("keys", *arguments).exit_code == 3
