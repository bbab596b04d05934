"""The models this package knows by name, and where the others are found."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

import platformdirs

from npc_sdk.errors import ModelError, RequestError

STARTER: Final = "starter"
FOLDER_VARIABLE: Final = "NPC_MODELS_DIR"

_STARTER_FOLDER: Final = Path(__file__).parent / "starter"
_NVIDIA_NOTICE: Final = "Licensed by NVIDIA Corporation under the NVIDIA Nemotron Model License"
_NVIDIA_LICENCE: Final = "NVIDIA Nemotron Open Model License"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogEntry:
    """A model file on the Hugging Face hub.

    Attributes:
        name: What it is called here.
        title: What it is called elsewhere.
        repository: Owner and name of the repository.
        file: Name of the file in it.
        revision: Commit or branch.
        n_bytes: Size of the file.
        sha256: Hash of the file, or None when it is not known; then its size is all that is checked,
            and the hub's own hash where it offers one.
        licence: Name of the licence.
        licence_notice: What has to be said when the file is passed on; may be empty.
        shape: Name of the preset with its dimensions, so that it can be planned for before it is fetched.
    """

    name: str
    title: str
    repository: str
    file: str
    revision: str
    n_bytes: int
    sha256: str | None
    licence: str
    licence_notice: str = ""
    shape: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSource:
    """A model file that is there.

    Attributes:
        path: The file.
        name: What it was found by.
        entry: Its catalog entry, if it has one.
    """

    path: Path
    name: str
    entry: CatalogEntry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedModel:
    """One line of a list of models.

    Attributes:
        name: What :func:`resolve_model` knows it by.
        path: The file, or None when it is not there yet.
        n_bytes: Size of the file; 0 when unknown.
        entry: Its catalog entry, if it has one.
        licence: Name of the licence, or None when only the file itself says.
        is_gguf: Whether the file begins as a model file does; False when it is not there.
    """

    name: str
    path: Path | None
    n_bytes: int
    entry: CatalogEntry | None
    licence: str | None = None
    is_gguf: bool = False


_ENTRIES: Final = (
    CatalogEntry(
        name="nemotron-3-nano-4b",
        title="NVIDIA Nemotron 3 Nano 4B, Q4_K_M",
        repository="nvidia/NVIDIA-Nemotron-3-Nano-4B-GGUF",
        file="NVIDIA-Nemotron3-Nano-4B-Q4_K_M.gguf",
        revision="ba223d14e45525f7fae81db77ea8cabeb2fc6c25",
        n_bytes=2_837_072_864,
        sha256="be5d9a656a51922f24f1f09a759cebb694e1f5d9728bf0ef9f8c972c5a0b5ef2",
        licence=_NVIDIA_LICENCE,
        licence_notice=_NVIDIA_NOTICE,
        shape="nemotron-3-nano-4b",
    ),
    CatalogEntry(
        name="nemotron-3-nano-4b-lmstudio",
        title="NVIDIA Nemotron 3 Nano 4B, Q4_K_M, as converted by LM Studio's community",
        repository="lmstudio-community/NVIDIA-Nemotron-3-Nano-4B-GGUF",
        file="NVIDIA-Nemotron-3-Nano-4B-Q4_K_M.gguf",
        revision="main",
        n_bytes=2_837_072_896,
        sha256="083af225449463dd7c38bebc888f9dcad187b834d8b15e08c297dda37c968b50",
        licence=_NVIDIA_LICENCE,
        licence_notice=_NVIDIA_NOTICE,
        shape="nemotron-3-nano-4b",
    ),
    CatalogEntry(
        name="qwen3-4b",
        title="Qwen3 4B, Q4_K_M",
        repository="Qwen/Qwen3-4B-GGUF",
        file="Qwen3-4B-Q4_K_M.gguf",
        revision="bc640142c66e1fdd12af0bd68f40445458f3869b",
        n_bytes=2_497_280_256,
        sha256="7485fe6f11af29433bc51cab58009521f205840f5b4ae3a32fa7f92e8534fdf5",
        licence="Apache-2.0",
        shape="qwen3-4b",
    ),
    CatalogEntry(
        name="qwen3-1.7b",
        title="Qwen3 1.7B, Q8_0",
        repository="Qwen/Qwen3-1.7B-GGUF",
        file="Qwen3-1.7B-Q8_0.gguf",
        revision="main",
        n_bytes=1_834_426_016,
        sha256="061b54daade076b5d3362dac252678d17da8c68f07560be70818cace6590cb1a",
        licence="Apache-2.0",
        shape="qwen3-1.7b",
    ),
    CatalogEntry(
        name="qwen3-0.6b",
        title="Qwen3 0.6B, Q8_0",
        repository="Qwen/Qwen3-0.6B-GGUF",
        file="Qwen3-0.6B-Q8_0.gguf",
        revision="23749fefcc72300e3a2ad315e1317431b06b590a",
        n_bytes=639_446_688,
        sha256="9465e63a22add5354d9bb4b99e90117043c7124007664907259bd16d043bb031",
        licence="Apache-2.0",
        shape="qwen3-0.6b",
    ),
)

CATALOG: Final[Mapping[str, CatalogEntry]] = {entry.name: entry for entry in _ENTRIES}


def models_folder() -> Path:
    """Return the folder that holds fetched models: ``NPC_MODELS_DIR``, or one in the user's data folder."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else Path(platformdirs.user_data_dir("npc-sdk", appauthor=False)) / "models"


def catalog_entry(name: str) -> CatalogEntry:
    """Return a catalog entry by name.

    Raises:
        ModelError: There is no such entry (code ``unknown_model``).
    """
    if name in CATALOG:
        return CATALOG[name]
    raise _unknown(name, [*CATALOG])


def resolve_model(name_or_path: str | os.PathLike[str], *, folder: Path | None = None) -> ModelSource:
    """Find a model file.

    Args:
        name_or_path: ``starter``, a name of the catalog, a path to a GGUF file, or the name of a file in
            the models folder, with or without ``.gguf``.
        folder: The models folder; :func:`models_folder` by default.

    Raises:
        ModelError: It is not there (``model_missing``), not fetched yet (``model_not_pulled``), unknown
            (``unknown_model``, with near names), a folder or a pipe (``model_unreadable``), or not what was
            shipped (``model_mismatch``).
        RequestError: What was passed is neither text nor a path (``bad_model_name``), or the models folder is
            no folder (``folder_unusable``).

    Thread-safety: safe from any thread.
    """
    name = _name(name_or_path)
    if name == STARTER:
        return _starter()
    if name in CATALOG:
        return _fetched(CATALOG[name], _checked(folder or models_folder()))
    own = Path(name).expanduser()
    if own.is_file():
        return ModelSource(path=own, name=own.stem)
    folder = _checked(folder or models_folder())
    paths = (own, folder / name, folder / f"{name}.gguf")
    for path in paths:
        if path.is_file():
            return ModelSource(path=path, name=path.stem)
    _refuse_others([path for path in paths if name and path.exists()])
    if name.endswith(".gguf") or Path(name).name != name:
        raise ModelError(f"There is no model file {name}.", "Check the path.", code="model_missing", path=name)
    raise _unknown(name, [STARTER, *CATALOG, *(path.stem for path in _files(folder))])


def list_models(*, folder: Path | None = None) -> tuple[ListedModel, ...]:
    """Return the starter model, the catalog, and every other file of the models folder.

    Raises:
        RequestError: The models folder is no folder (``folder_unusable``).
    """
    folder = _checked(folder or models_folder())
    starter = _STARTER_FOLDER / "starter.gguf"
    found = [_listed(STARTER, starter, None), *(_listed(e.name, folder / e.file, e) for e in _ENTRIES)]
    known = {entry.file for entry in _ENTRIES}
    found += [_listed(path.stem, path, None) for path in _files(folder) if path.name not in known]
    return tuple(found)


def _listed(name: str, path: Path, entry: CatalogEntry | None) -> ListedModel:
    is_there = path.is_file()
    n_bytes = path.stat().st_size if is_there else entry.n_bytes if entry else 0
    licence = entry.licence if entry else _starter_licence() if name == STARTER else None
    return ListedModel(
        name=name,
        path=path if is_there else None,
        n_bytes=n_bytes,
        entry=entry,
        licence=licence,
        is_gguf=is_there and _is_gguf(path),
    )


def _starter_licence() -> str | None:
    try:
        facts = json.loads((_STARTER_FOLDER / "starter.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    licence = facts.get("licence") if isinstance(facts, dict) else None
    return licence if isinstance(licence, str) else None


def _is_gguf(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"GGUF"
    except OSError:
        return False


def _name(name_or_path: str | os.PathLike[str]) -> str:
    name = os.fspath(name_or_path) if isinstance(name_or_path, (str, os.PathLike)) else None
    if isinstance(name, str):
        return name
    raise RequestError(
        f"A model is named by a text or a path, not by {type(name_or_path).__name__}.",
        "Pass a name from the list of models, or the path of a GGUF file.",
        code="bad_model_name",
    )


def _checked(folder: Path) -> Path:
    if folder.exists() and not folder.is_dir():
        raise RequestError(
            f"The models folder {folder} is no folder.",
            f"Name a folder, in {FOLDER_VARIABLE} or otherwise.",
            code="folder_unusable",
            path=str(folder),
        )
    return folder


def _refuse_others(there: list[Path]) -> None:
    if there:
        kind = "is a folder" if there[0].is_dir() else "is no ordinary file"
        raise ModelError(f"{there[0]} {kind}.", "Name a GGUF file.", code="model_unreadable", path=str(there[0]))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.gguf") if path.is_file())


def _fetched(entry: CatalogEntry, folder: Path) -> ModelSource:
    path = folder / entry.file
    if not path.is_file():
        raise ModelError(
            f"The model {entry.name!r} has not been fetched ({entry.n_bytes:,} bytes).",
            f"Run: npc models pull {entry.name}.",
            code="model_not_pulled",
            name=entry.name,
            path=str(path),
        )
    _check_size(path, entry.n_bytes, f"Run: npc models pull {entry.name}.")
    return ModelSource(path=path, name=entry.name, entry=entry)


def _starter() -> ModelSource:
    path = _STARTER_FOLDER / "starter.gguf"
    facts = path.with_suffix(".json")
    if not path.is_file() or not facts.is_file():
        raise ModelError(
            "The starter model is not part of this installation.",
            "Install a released package, or name another model.",
            code="model_missing",
            path=str(path),
        )
    expected = json.loads(facts.read_text(encoding="utf-8"))
    _check_size(path, int(expected["bytes"]), "Install the package again.")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != expected["sha256"]:
        raise _mismatch(path, f"the SHA-256 {expected['sha256']}", found, "Install the package again.")
    return ModelSource(path=path, name=STARTER)


def _check_size(path: Path, expected: int, next_step: str) -> None:
    found = path.stat().st_size
    if found != expected:
        raise _mismatch(path, f"{expected:,} bytes", f"{found:,}", next_step)


def _mismatch(path: Path, expected: str, found: str, next_step: str) -> ModelError:
    return ModelError(
        f"{path} should have {expected} and has {found}.", next_step, code="model_mismatch", path=str(path)
    )


def _unknown(name: str, names: list[str]) -> ModelError:
    near = get_close_matches(name, names, n=3, cutoff=0.4)
    return ModelError(
        f"There is no model named {name!r}.",
        f"Near names: {', '.join(near)}." if near else f"Known names: {', '.join(names)}.",
        code="unknown_model",
        name=name,
        near=near,
    )
