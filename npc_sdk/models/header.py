"""What the header of a GGUF file says, read without llama.cpp and safe with hostile files."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO, Final

from npc_sdk.errors import ModelError
from npc_sdk.models.architectures import ARCHITECTURES
from npc_sdk.models.cursor import Cursor, malformed, truncated
from npc_sdk.models.layers import LayerKind, layer_kinds
from npc_sdk.models.tensor_type import FILE_TYPES, TENSOR_TYPES, TensorType

_MAGIC: Final = b"GGUF"
_VERSIONS: Final = (2, 3)
_MAX_ENTRIES: Final = 65_536
_SMALL_ARRAY: Final = 4096
_MAX_DIMENSION: Final = 2**40
_MAX_ALIGNMENT: Final = 2**20
_STRING: Final = 8
_ARRAY: Final = 9
_NUMBERS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_NUMBER_BYTES: Final = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}

Scalar = int | float | bool | str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataArray:
    """A list in the metadata.

    Attributes:
        length: How many values it has.
        values: The values, or None: long lists and lists of strings are read only when asked for.
    """

    length: int
    values: tuple[Scalar, ...] | None


MetadataValue = Scalar | MetadataArray


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorInfo:
    """One tensor of a model file.

    Attributes:
        name: Its name, such as ``blk.0.attn_q.weight``.
        dimensions: Sizes, the innermost first, as the file lists them.
        kind: Number format.
        n_bytes: Bytes of its data.
        offset: Where the data starts in the file.
    """

    name: str
    dimensions: tuple[int, ...]
    kind: TensorType
    n_bytes: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The header of a GGUF file and what follows from it. Immutable; safe from any thread.

    Attributes:
        path: The file.
        file_bytes: Its size.
        version: Version of the format.
        metadata: Every key and value.
        tensors: Every tensor, in file order.
        alignment: Tensor data starts at multiples of this.
        data_offset: Where tensor data starts; the header is all before.
    """

    path: Path
    file_bytes: int
    version: int
    metadata: Mapping[str, MetadataValue]
    tensors: tuple[TensorInfo, ...]
    alignment: int
    data_offset: int

    def text(self, key: str) -> str | None:
        """Return a string of the metadata, or None when it is absent or something else."""
        value = self.metadata.get(key)
        return value if isinstance(value, str) else None

    def integer(self, key: str, default: int = 0) -> int:
        """Return a whole number of the metadata, or the default when it is absent or something else."""
        value = self.metadata.get(key)
        return value if isinstance(value, int) else default

    def architecture_integer(self, key: str, default: int = 0) -> int:
        """Return a whole number whose key starts with the architecture's name."""
        return self.integer(f"{self.architecture}.{key}", default)

    def per_layer(self, key: str) -> tuple[int, ...]:
        """Return a dimension of every layer, whether the file has one number or a list of them.

        Args:
            key: The key without the architecture's name, such as ``attention.head_count_kv``.

        Raises:
            ModelError: The list does not fit the number of layers.
        """
        value = self.metadata.get(f"{self.architecture}.{key}", 0)
        if isinstance(value, MetadataArray):
            numbers = value.values or ()
            if len(numbers) < self.block_count or not all(isinstance(number, int) for number in numbers):
                raise malformed(self.path, f"{key} does not name a whole number for each layer")
            return tuple(int(number) for number in numbers[: self.block_count])
        return (value if isinstance(value, int) else 0,) * self.block_count

    @property
    def architecture(self) -> str:
        """Name of the architecture; empty when the file does not say."""
        return self.text("general.architecture") or ""

    @property
    def name(self) -> str:
        """What the model calls itself, or the file's name."""
        return self.text("general.name") or self.path.stem

    @property
    def block_count(self) -> int:
        """Number of layers.

        Raises:
            ModelError: The number cannot be true.
        """
        count = self.architecture_integer("block_count")
        if not 0 <= count <= len(self.tensors):
            raise malformed(self.path, f"{count:,} layers in {len(self.tensors):,} tensors")
        return count

    @property
    def context_length(self) -> int:
        """Tokens of context that the file declares; 0 when it does not say."""
        return self.architecture_integer("context_length")

    @property
    def embedding_length(self) -> int:
        """Width of the residual stream; 0 when the file does not say."""
        return self.architecture_integer("embedding_length")

    @property
    def vocabulary_size(self) -> int:
        """Number of tokens; 0 when the file does not say."""
        tokens = self.metadata.get("tokenizer.ggml.tokens")
        return tokens.length if isinstance(tokens, MetadataArray) else self.architecture_integer("vocab_size")

    @property
    def layer_kinds(self) -> tuple[LayerKind, ...]:
        """What each layer is.

        Raises:
            ModelError: The metadata contradicts itself.
        """
        names = [tensor.name for tensor in self.tensors]
        if self.architecture not in ("nemotron_h", "nemotron_h_moe"):
            return layer_kinds(self.block_count, names)
        heads = self.per_layer("attention.head_count_kv")
        widths = self.per_layer("feed_forward_length")
        return tuple(
            "mlp" if width else "attention" if count else "mamba" for count, width in zip(heads, widths, strict=True)
        )

    @property
    def has_tokenizer(self) -> bool:
        """Whether the file brings a vocabulary."""
        return self.text("tokenizer.ggml.model") not in (None, "", "none", "no_vocab") and self.vocabulary_size > 0

    @property
    def chat_template(self) -> str | None:
        """The Jinja2 chat template, or None."""
        return self.text("tokenizer.chat_template")

    @property
    def quantization(self) -> str:
        """Label of the quantization, such as ``Q4_K_M``; the most common format when the file does not say."""
        label = FILE_TYPES.get(self.integer("general.file_type", -1))
        if label is not None or not self.tensors:
            return label or ""
        sizes: Counter[str] = Counter()
        for tensor in self.tensors:
            sizes[tensor.kind.name] += tensor.n_bytes
        return sizes.most_common(1)[0][0]

    @property
    def is_synthetic(self) -> bool:
        """Whether the weights are random numbers of :func:`npc_sdk.models.build`."""
        return self.metadata.get("npc_sdk.synthetic") is True

    @property
    def parameter_count(self) -> int:
        """Number of weights."""
        return sum(prod(tensor.dimensions) for tensor in self.tensors)

    def require_usable(self) -> None:
        """Check that characters can speak with this model.

        Raises:
            ModelError: llama.cpp does not know the architecture (code ``model_unknown_architecture``), or
                the file has no tokenizer (``model_no_tokenizer``).
        """
        if self.architecture not in ARCHITECTURES:
            raise ModelError(
                f"{self.path} has the architecture {self.architecture!r}, which cannot be run here.",
                "Use another model, or a newer release that knows it.",
                code="model_unknown_architecture",
                path=str(self.path),
                architecture=self.architecture,
            )
        if not self.has_tokenizer:
            raise ModelError(
                f"{self.path} has no tokenizer.",
                "Use a file that was converted with its vocabulary.",
                code="model_no_tokenizer",
                path=str(self.path),
            )


def read_header(path: str | os.PathLike[str], *, arrays: Collection[str] = ()) -> Header:
    """Read the header of a GGUF file.

    Nothing in the file is believed: every count and length is held against the file's size first. Memory
    and time stay small whatever the file says.

    Args:
        path: The file.
        arrays: Keys of long lists to read whole, such as ``tokenizer.ggml.tokens``.

    Raises:
        ModelError: With one of the codes ``model_missing``, ``model_unreadable``, ``model_not_gguf``,
            ``model_byte_order``, ``model_version``, ``model_truncated``, ``model_malformed``.

    Thread-safety: safe from any thread.
    """
    path = Path(path)
    try:
        with open(path, "rb") as file:
            return _Reader(file, path, frozenset(arrays)).read()
    except FileNotFoundError as error:
        raise ModelError(
            f"There is no file {path}.", "Check the path.", code="model_missing", path=str(path)
        ) from error
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read: {error.strerror or error}.",
            "Check that it is a file and may be read.",
            code="model_unreadable",
            path=str(path),
        ) from error


class _Reader:
    """Reads one header. Not thread safe; used once."""

    def __init__(self, file: BinaryIO, path: Path, arrays: frozenset[str]) -> None:
        self._path = path
        self._arrays = arrays
        self._file_bytes = os.fstat(file.fileno()).st_size
        self._cursor = Cursor(file, path, self._file_bytes)

    def read(self) -> Header:
        version = self._version()
        n_tensors, n_entries = self._cursor.unpack("QQ")
        if max(n_tensors, n_entries) > _MAX_ENTRIES:
            raise malformed(self._path, f"{n_tensors:,} tensors and {n_entries:,} metadata entries")
        metadata = self._metadata(n_entries)
        alignment = self._alignment(metadata)
        entries = [self._tensor_entry() for _ in range(n_tensors)]
        data_offset = -(-self._cursor.position // alignment) * alignment
        return Header(
            path=self._path,
            file_bytes=self._file_bytes,
            version=version,
            metadata=metadata,
            tensors=self._place(entries, data_offset, alignment),
            alignment=alignment,
            data_offset=data_offset,
        )

    def _version(self) -> int:
        magic = self._cursor.raw(min(4, self._file_bytes))
        if magic != _MAGIC and _MAGIC.startswith(magic):
            raise truncated(self._path, 24, self._file_bytes)
        if magic != _MAGIC:
            raise ModelError(
                f"{self._path} is not a GGUF file.",
                "Name a model in the GGUF format.",
                code="model_not_gguf",
                path=str(self._path),
            )
        version = int(self._cursor.number("I"))
        if version in _VERSIONS:
            return version
        if int.from_bytes(version.to_bytes(4, "big"), "little") in _VERSIONS:
            raise ModelError(
                f"{self._path} is written for big-endian machines.",
                "Use the ordinary (little-endian) file.",
                code="model_byte_order",
                path=str(self._path),
            )
        raise ModelError(
            f"{self._path} has version {version} of the GGUF format.",
            "Use a file of version 2 or 3, or a newer release of this package.",
            code="model_version",
            path=str(self._path),
            version=version,
        )

    def _metadata(self, count: int) -> dict[str, MetadataValue]:
        metadata: dict[str, MetadataValue] = {}
        for _ in range(count):
            key = self._cursor.string()
            if key in metadata:
                raise malformed(self._path, f"the key {key[:80]!r} stands there twice")
            metadata[key] = self._value(key, int(self._cursor.number("I")))
        return metadata

    def _value(self, key: str, kind: int) -> MetadataValue:
        if kind == _STRING:
            return self._cursor.string()
        if kind == _ARRAY:
            return self._array(key)
        if kind not in _NUMBERS:
            raise malformed(self._path, f"the value of {key[:80]!r} has the unknown type {kind}")
        value: Scalar = self._cursor.number(_NUMBERS[kind])
        return value

    def _array(self, key: str) -> MetadataArray:
        kind, length = self._cursor.unpack("IQ")
        if kind == _STRING:
            return self._string_array(key, length)
        if kind not in _NUMBERS:
            raise malformed(self._path, f"the list {key[:80]!r} has elements of the unknown type {kind}")
        self._cursor.check(length, _NUMBER_BYTES[kind], "values of a list")
        if length <= _SMALL_ARRAY or key in self._arrays:
            self._cursor.count_items(length)
            return MetadataArray(length=length, values=self._cursor.unpack(f"{length}{_NUMBERS[kind]}"))
        self._cursor.skip(length * _NUMBER_BYTES[kind])
        return MetadataArray(length=length, values=None)

    def _string_array(self, key: str, length: int) -> MetadataArray:
        self._cursor.check(length, 8, "strings of a list")
        self._cursor.count_items(length)
        if key in self._arrays:
            return MetadataArray(length=length, values=tuple(self._cursor.string() for _ in range(length)))
        self._cursor.skip_strings(length)
        return MetadataArray(length=length, values=None)

    def _alignment(self, metadata: Mapping[str, MetadataValue]) -> int:
        alignment = metadata.get("general.alignment", 32)
        if not isinstance(alignment, int) or not 0 < alignment <= _MAX_ALIGNMENT or alignment & (alignment - 1):
            raise malformed(self._path, f"the alignment {alignment!r}")
        return alignment

    def _tensor_entry(self) -> TensorInfo:
        name = self._cursor.string()
        n_dimensions = int(self._cursor.number("I"))
        if not 1 <= n_dimensions <= 4:
            raise malformed(self._path, f"the tensor {name[:80]!r} has {n_dimensions} dimensions")
        dimensions = self._cursor.unpack(f"{n_dimensions}Q")
        identifier, offset = self._cursor.unpack("IQ")
        kind = TENSOR_TYPES.get(identifier)
        if kind is None:
            raise malformed(self._path, f"the tensor {name[:80]!r} has the unknown format {identifier}")
        if not all(0 < size <= _MAX_DIMENSION for size in dimensions) or dimensions[0] % kind.block_elements:
            raise malformed(self._path, f"the tensor {name[:80]!r} has the dimensions {list(dimensions)}")
        n_bytes = kind.bytes_of(prod(dimensions))
        return TensorInfo(name=name, dimensions=dimensions, kind=kind, n_bytes=n_bytes, offset=offset)

    def _place(self, entries: list[TensorInfo], data_offset: int, alignment: int) -> tuple[TensorInfo, ...]:
        placed: dict[str, TensorInfo] = {}
        for entry in entries:
            offset = data_offset + entry.offset
            if entry.offset % alignment or entry.name in placed:
                raise malformed(self._path, f"the tensor {entry.name[:80]!r} is misplaced or stands there twice")
            if offset + entry.n_bytes > self._file_bytes:
                raise truncated(self._path, offset + entry.n_bytes, self._file_bytes)
            placed[entry.name] = TensorInfo(
                name=entry.name, dimensions=entry.dimensions, kind=entry.kind, n_bytes=entry.n_bytes, offset=offset
            )
        return tuple(placed.values())
