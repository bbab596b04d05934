from __future__ import annotations

import json
from pathlib import Path

import pytest

from npc_sdk.cli.watching import read_keys
from npc_sdk.errors import RequestError
from npc_sdk.wire.keys import KeyPair


def test_keys_are_read_as_they_were_printed(tmp_path: Path) -> None:
    pair = KeyPair.fresh()
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"name": "me", "public": pair.public, "secret": pair.secret, "host_public": "x"}))
    assert read_keys(file) == pair


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"public": "a", "secret": "b"}', '{"public": 1, "secret": 2}'])
def test_what_holds_no_keys_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(content)
    with pytest.raises(RequestError) as failure:
        read_keys(file)
    assert failure.value.code == "bad_keys_file" and "npc keys new" in failure.value.next_step
