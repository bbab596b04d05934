"""Loss and gradient of a batch, in this process and in others beside it.

On a CPU that something else uses too, threads that meet after every operation wait for each other most of the time.
Processes that meet once a step hardly do.
"""

from __future__ import annotations

from multiprocessing.connection import Connection
from typing import Any

from npc_sdk.errors import BackendError
from npc_sdk.forge.examples import Batch
from npc_sdk.forge.extra import needs_forge_extra
from npc_sdk.forge.model import HybridModel
from npc_sdk.forge.numbers import fastest_type
from npc_sdk.forge.shape import ModelShape

with needs_forge_extra():
    import torch
    import torch.multiprocessing as multiprocessing
    import torch.nn.functional as functional
    from torch import Tensor

KindLosses = dict[int, tuple[float, float]]


class Gradient:
    """Adds the gradient of batches to a model. Not thread-safe.

    Args:
        model: What is trained.
        numbers: The type that matrices are multiplied in; None takes the fastest.
    """

    def __init__(self, model: HybridModel, numbers: Any = None) -> None:
        self._model = model
        self._device = model.embedding.device
        self._numbers = numbers or fastest_type(self._device.type)

    def add(self, batch: Batch, learned: float) -> KindLosses:
        """Add a batch's gradient; return the sum of losses and the weight of learned tokens by kind.

        Args:
            batch: The rows.
            learned: Weight of the learned tokens of the whole step, by which the loss is divided.
        """
        tokens = torch.from_numpy(batch.tokens).to(self._device)
        weights = torch.from_numpy(batch.loss).to(self._device)
        wanted = weights > 0
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._numbers is torch.bfloat16):
            # Scores are needed where something is learned, and nowhere else.
            logits = self._model.logits(self._model(tokens)[wanted]).float()
        targets = torch.from_numpy(batch.targets).to(self._device)[wanted]
        each = functional.cross_entropy(logits, targets, reduction="none") * weights[wanted]
        (each.sum() / learned).backward()
        return _by_kind(each.detach().cpu(), batch)


class ParallelGradient:
    """The same with further processes, which share the weights. Not thread-safe; :meth:`close` ends them."""

    def __init__(self, model: HybridModel, *, processes: int) -> None:
        numbers = fastest_type(model.embedding.device.type)
        self._here = Gradient(model, numbers)
        self._parameters = list(model.parameters())
        self._others: list[tuple[Connection, list[Tensor], Any]] = []
        context = multiprocessing.get_context("spawn")
        for _ in range(processes - 1):
            weights = [parameter.data.share_memory_() for parameter in self._parameters]
            gradients = [torch.zeros_like(weight).share_memory_() for weight in weights]
            mine, theirs = context.Pipe()
            given = (theirs, model.shape, weights, gradients, numbers)
            process = context.Process(target=_serve, args=given, daemon=True)
            process.start()
            theirs.close()
            self._others.append((mine, gradients, process))

    def add(self, batches: list[Batch]) -> list[KindLosses]:
        """Set the gradient of a step from up to one batch a process; see :meth:`Gradient.add`.

        Raises:
            BackendError: With code ``worker_failed`` when a process ended.
        """
        learned = max(1.0, sum(float(batch.loss.sum()) for batch in batches))
        busy = self._others[: len(batches) - 1]
        try:
            for batch, (connection, _, _) in zip(batches[1:], busy, strict=True):
                connection.send((batch, learned))
            found = [self._here.add(batches[0], learned)]
            for connection, gradients, _ in busy:
                found.append(connection.recv())
                for parameter, gradient in zip(self._parameters, gradients, strict=True):
                    parameter.grad.add_(gradient)
        except (EOFError, OSError) as error:
            raise BackendError(
                "A process that computed gradients has ended.",
                "Run the same command again; it goes on where the last checkpoint was written.",
                code="worker_failed",
            ) from error
        return found

    def close(self) -> None:
        """End the other processes."""
        for connection, _, process in self._others:
            connection.close()
            process.terminate()
            process.join(5.0)
        self._others.clear()


def _serve(
    connection: Connection, shape: ModelShape, weights: list[Tensor], gradients: list[Tensor], numbers: Any
) -> None:
    torch.set_num_threads(1)
    model = HybridModel(shape)
    for parameter, weight, gradient in zip(model.parameters(), weights, gradients, strict=True):
        parameter.data, parameter.grad = weight, gradient
    worker = Gradient(model, numbers)
    while True:
        try:
            batch, learned = connection.recv()
        except (EOFError, OSError):
            return
        for gradient in gradients:
            gradient.zero_()
        connection.send(worker.add(batch, learned))


def _by_kind(each: Tensor, batch: Batch) -> KindLosses:
    weights = torch.from_numpy(batch.loss)
    kinds = torch.from_numpy(batch.kinds)[:, None].expand(*weights.shape)[weights > 0]
    sums = torch.zeros(int(batch.kinds.max()) + 1).index_add_(0, kinds, each)
    counts = torch.zeros(len(sums)).index_add_(0, kinds, weights[weights > 0])
    return {int(kind): (float(sums[kind]), float(counts[kind])) for kind in torch.unique(kinds)}
