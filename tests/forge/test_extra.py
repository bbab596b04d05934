from __future__ import annotations

import subprocess
import sys

import pytest

from npc_sdk.errors import RequestError
from npc_sdk.forge.extra import needs_forge_extra


def test_a_missing_package_names_the_extra() -> None:
    with pytest.raises(RequestError) as caught, needs_forge_extra():
        raise ImportError("no", name="torch")
    assert caught.value.code == "missing_extra"
    assert "npc-sdk[forge]" in caught.value.next_step
    assert caught.value.details["package"] == "torch"


@pytest.mark.parametrize(
    ("package", "module"), [("torch", "model"), ("torch", "train"), ("tokenizers", "tokenizer"), ("gguf", "export")]
)
def test_without_a_package_its_modules_say_what_to_install(package: str, module: str) -> None:
    if package == "gguf":
        pytest.importorskip("tokenizers")  # asked for first
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from npc_sdk.errors import RequestError\n"
        f"try:\n    import npc_sdk.forge.{module}\n"
        "except RequestError as error:\n    print(error.code, error.details['package'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["missing_extra", package]
