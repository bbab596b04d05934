from __future__ import annotations

import os
from pathlib import Path

import pytest

from npc_sdk.errors import NpcError, PersonaError, from_dict
from npc_sdk.persona import Persona, check_persona
from npc_sdk.persona.document import MAXIMUM_FILE_BYTES

GOOD = 'name = "A"\nrole = "b"\n'


def refused(path: Path) -> PersonaError:
    with pytest.raises(PersonaError) as caught:
        Persona.load(path)
    error = caught.value
    (finding,) = check_persona(path)
    assert finding.to_dict() == error.details["findings"][0]
    assert finding.code == error.code
    assert str(path) in str(error)
    assert error.next_step
    return error


def test_missing_file(tmp_path: Path) -> None:
    assert refused(tmp_path / "nobody.toml").code == "file_not_found"
    assert "shipped" not in str(refused(tmp_path / "nobody.toml"))


def test_missing_file_with_the_name_of_a_shipped_one(tmp_path: Path) -> None:
    assert 'Persona.shipped("guard")' in refused(tmp_path / "guard.toml").next_step


def test_folder(tmp_path: Path) -> None:
    assert refused(tmp_path).code == "not_a_file"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_named_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    assert refused(tmp_path / "pipe.toml").code == "not_a_file"


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.toml"
    path.write_text(GOOD, encoding="utf-8")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    error = refused(path)
    assert error.code == "file_unreadable"
    assert "Permission denied" in str(error)


def test_name_that_no_file_can_have() -> None:
    with pytest.raises(PersonaError) as caught:
        Persona.load("a\0b.toml")
    assert caught.value.code in {"file_unreadable", "file_not_found"}


@pytest.mark.parametrize("name", ["a.txt", "a", "a.toml.bak"])
def test_unknown_suffix(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(GOOD, encoding="utf-8")
    assert refused(tmp_path / name).code == "unknown_format"


def test_suffix_in_capitals(tmp_path: Path) -> None:
    (tmp_path / "A.TOML").write_text(GOOD, encoding="utf-8")
    assert Persona.load(tmp_path / "A.TOML").name == "A"


@pytest.mark.parametrize(
    ("suffix", "text"), [("toml", GOOD), ("yaml", "name: A\nrole: b\n"), ("json", '{"name": "A", "role": "b"}')]
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_byte_order_mark_and_line_ends_are_tolerated(tmp_path: Path, suffix: str, text: str, line_end: str) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", line_end).encode())
    assert Persona.load(str(path)) == Persona(name="A", role="b")


def test_other_encoding_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b'name = "A"\nrole = "caf\xe9"\n')
    error = refused(path)
    assert (error.code, error.details["line"]) == ("file_not_utf8", 2)
    path.write_bytes(GOOD.encode("utf-16"))
    assert refused(path).code == "file_not_utf8"


def test_too_big(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(GOOD + "#" * MAXIMUM_FILE_BYTES, encoding="utf-8")
    assert refused(path).code == "file_too_big"
    with pytest.raises(PersonaError) as caught:
        Persona.parse(GOOD + "#" * MAXIMUM_FILE_BYTES)
    assert caught.value.code == "file_too_big"
    path.write_text((GOOD + "#" * MAXIMUM_FILE_BYTES)[:MAXIMUM_FILE_BYTES], encoding="utf-8")
    assert Persona.load(path).name == "A"


def test_unknown_format() -> None:
    with pytest.raises(PersonaError) as caught:
        Persona.parse(GOOD, "ini")  # type: ignore[arg-type]
    assert caught.value.code == "unknown_format"


def test_error_travels_between_processes(tmp_path: Path) -> None:
    error = refused(tmp_path / "nobody.toml")
    again: NpcError = from_dict(error.to_dict())
    assert type(again) is PersonaError
    assert again.details == error.details
