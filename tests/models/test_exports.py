from __future__ import annotations

import subprocess
import sys

import pytest

from npc_sdk import models


def test_every_name_can_be_had() -> None:
    assert sorted(models.__all__) == sorted(models._HOMES) == dir(models)
    for name in models.__all__:
        assert getattr(models, name) is not None
    assert callable(models.fingerprint)


def test_an_unknown_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = models.nothing


def test_importing_loads_nothing_heavy() -> None:
    code = (
        "import sys, npc_sdk.models; "
        "sys.exit(', '.join({'numpy', 'gguf', 'huggingface_hub', 'platformdirs', 'xxhash'} & set(sys.modules)) or 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_reading_a_header_needs_no_library() -> None:
    code = (
        "import sys; from npc_sdk.models import read_header; "
        "sys.exit(', '.join({'numpy', 'gguf', 'llama_cpp'} & set(sys.modules)) or 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
