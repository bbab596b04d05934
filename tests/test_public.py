from __future__ import annotations

import subprocess
import sys
import time

import pytest

import npc_sdk

HEAVY = (
    "llama_cpp",
    "llguidance",
    "torch",
    "tokenizers",
    "zmq",
    "pygame",
    "pydantic",
    "jinja2",
    "numpy",
    "rich",
    "typer",
)


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def test_every_public_name_is_there_and_said_once() -> None:
    assert sorted(set(npc_sdk.__all__)) == npc_sdk.__all__ == dir(npc_sdk)
    for name in npc_sdk.__all__:
        assert getattr(npc_sdk, name) is not None
    assert set(npc_sdk._ROOM_OF) == set(npc_sdk.__all__) - {"__version__"}


def test_public_classes_say_what_they_are() -> None:
    for name in npc_sdk.__all__:
        value = getattr(npc_sdk, name)
        if isinstance(value, type):
            assert value.__doc__, name
            undocumented = [
                member
                for member, item in vars(value).items()
                if not member.startswith("_") and callable(item) and not item.__doc__
            ]
            assert not undocumented, (name, undocumented)


def test_an_unknown_name() -> None:
    with pytest.raises(AttributeError, match="Nonsense"):
        npc_sdk.Nonsense  # noqa: B018


def test_importing_loads_nothing_heavy() -> None:
    loaded = python("import sys, npc_sdk; print(*(name.partition('.')[0] for name in sys.modules))").split()
    assert not set(HEAVY) & set(loaded)


def test_the_runtime_loads_no_model_library() -> None:
    code = "import sys; from npc_sdk import Runtime; print(*(name.partition('.')[0] for name in sys.modules))"
    assert not {"llama_cpp", "llguidance", "torch", "zmq", "pygame"} & set(python(code).split())


def test_importing_is_quick() -> None:
    bare = min(_seconds("pass") for _ in range(3))
    with_sdk = min(_seconds("import npc_sdk") for _ in range(3))
    assert with_sdk - bare < 0.15


def _seconds(code: str) -> float:
    before = time.perf_counter()
    python(code)
    return time.perf_counter() - before
