"""Figures for Prometheus, on this machine only."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from npc_sdk.errors import CapacityError, RequestError
from npc_sdk.wire.tap import HostFacts, HostTap

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

ADDRESS: Final = "127.0.0.1"
_logger = logging.getLogger(__name__)
_SECONDS: Final = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)

# Name of the gauge, what it says, and where the value stands in the figures.
_GAUGES: Final = (
    ("npc_sessions", "Clients that are connected or expected back.", ("sessions",)),
    ("npc_characters", "Characters of all clients.", ("npcs",)),
    ("npc_characters_talking", "Characters whose turn runs.", ("talking",)),
    ("npc_requests_waiting", "Requests without a slot.", ("stats", "waiting")),
    ("npc_states_parked", "Characters whose state lies in host memory.", ("stats", "parked")),
    ("npc_tokens_per_second", "Tokens that characters spoke, over the last seconds.", ("recent", "tokens_per_s")),
    ("npc_engine_steps", "Calls of llama.cpp since the engine was started.", ("stats", "steps")),
    ("npc_engine_restarts", "How often the engine was started again.", ("stats", "restarts")),
    ("npc_engine_step_seconds", "Mean time of a step.", ("stats", "step_ms")),
    ("npc_engine_starving", "Whether the pacing cannot give what it promised.", ("stats", "is_starving")),
    ("npc_host_memory_bytes", "Memory of the host's process.", ("memory", "host_bytes")),
    ("npc_engine_memory_bytes", "Memory of the engine's process.", ("memory", "engine_bytes")),
    ("npc_device_memory_bytes", "Memory on graphics cards.", ("memory", "device_bytes")),
    ("npc_device_budget_bytes", "What may be used of it.", ("memory", "budget_bytes")),
    ("npc_parked_bytes", "Bytes of parked states.", ("memory", "parked_bytes")),
    ("npc_frame_seconds", "What the game's last frame took.", ("frame", "measured_ms")),
    ("npc_frame_target_seconds", "What it may take.", ("frame", "target_ms")),
    ("npc_characters_are_stored", "Whether what characters become can be written.", ("is_stored",)),
)


class Metrics(HostTap):
    """Answers ``GET /metrics`` on loopback, never on another address.

    Args:
        port: Where; 0 takes a free one.

    Attributes:
        port: Where it listens.

    Raises:
        RequestError: The package for it is not installed (``missing_extra``).
        CapacityError: The port cannot be used (``port_unusable``).
    """

    def __init__(self, port: int) -> None:
        registry, client = _client()
        self._gauges = {name: client.Gauge(name, text, registry=registry) for name, text, _ in _GAUGES}
        self._ended = client.Counter("npc_answers", "Turns and decisions.", ["kind", "source"], registry=registry)
        self._first = client.Histogram(
            "npc_first_token_seconds", "From the request to the first token.", buckets=_SECONDS, registry=registry
        )
        self._news = client.Counter("npc_news", "News of the host.", ["event"], registry=registry)
        try:
            self._server, self._thread = client.start_http_server(port, addr=ADDRESS, registry=registry)
        except (OSError, OverflowError) as error:
            raise CapacityError(
                f"Port {port} of {ADDRESS} cannot be used for metrics: {error}.",
                "Choose another one with --metrics-port; 0 takes a free one.",
                code="port_unusable",
                port=port,
            ) from error
        self.port: int = self._server.server_address[1]
        self._lock = threading.Lock()
        self._is_closed = False

    def begin(self, facts: HostFacts) -> None:
        """Say where the figures are."""
        _logger.info("Metrics are at http://%s:%d/metrics.", ADDRESS, self.port)

    def published(self, kind: str, data: Mapping[str, Any], now_ms: float) -> None:
        """Take figures."""
        if kind == "status":
            self._set_gauges(data)
        elif kind in ("turn", "decision"):
            self._ended.labels(kind, str(data.get("source"))).inc()
            first_ms = (data.get("cost") or {}).get("first_token_ms")
            if isinstance(first_ms, (int, float)):
                self._first.observe(first_ms / 1000.0)
        elif kind == "news":
            self._news.labels(str(data.get("event"))).inc()

    def close(self) -> None:
        """Answer no more."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def _set_gauges(self, figures: Mapping[str, Any]) -> None:
        for name, _, path in _GAUGES:
            value: Any = figures
            for part in path:
                value = value.get(part) if isinstance(value, Mapping) else None
            seconds = 0.001 if name.endswith("_seconds") else 1.0
            self._gauges[name].set(float("nan") if value is None else float(value) * seconds)


def _client() -> tuple[CollectorRegistry, Any]:
    try:
        import prometheus_client
    except ImportError as error:
        raise RequestError(
            "The package 'prometheus-client' is not installed, and metrics need it.",
            'Install it with: pip install "npc-sdk[metrics]", or in a clone of it: pip install ".[metrics]"',
            code="missing_extra",
            package="prometheus-client",
            extra="metrics",
        ) from error
    return prometheus_client.CollectorRegistry(), prometheus_client
