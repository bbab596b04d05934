"""Whether a request can be run at all, asked before anything is done for it."""

from __future__ import annotations

from collections.abc import Sequence

from npc_sdk.engine.request import Request
from npc_sdk.errors import PromptError


def check_request(request: Request, *, cells: int, vocabulary_size: int) -> None:
    """Refuse a request that can never run.

    Args:
        request: What is asked.
        cells: Cells of the whole context.
        vocabulary_size: Number of tokens in the vocabulary.

    Raises:
        PromptError: It cannot run; the code says why.
    """
    worst = len(request.tokens) + (request.max_tokens + 1 if request.kind == "generate" else 0)
    if worst > cells:
        raise too_long(request, cells)
    if not request.tokens:
        raise PromptError("The prompt is empty.", "Give at least one token.", code="prompt_empty")
    if request.kind == "score" and not request.labels:
        raise PromptError("There are no labels to score.", "Give at least one.", code="no_labels")
    for tokens in (request.tokens, request.generated, request.labels, request.forbidden):
        _check_tokens(tokens, vocabulary_size)


def too_long(request: Request, cells: int) -> PromptError:
    """Return the error of a request that does not fit the cells."""
    return PromptError(
        f"The prompt has {len(request.tokens)} tokens and may grow by {request.max_tokens}; "
        f"the context has {cells} cells.",
        "Shorten the persona, the world or the history, or raise cells.",
        code="prompt_too_long",
        prompt_tokens=len(request.tokens),
        max_tokens=request.max_tokens,
        cells=cells,
    )


def _check_tokens(tokens: Sequence[int], vocabulary_size: int) -> None:
    if tokens and not 0 <= min(tokens) <= max(tokens) < vocabulary_size:
        raise PromptError("A token is not in the model's vocabulary.", "Tokenize with this model.", code="bad_token")
