"""Looks at the whole machine, part by part."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import platformdirs

from npc_sdk.budget.cards import card_makers
from npc_sdk.budget.choose import ProbeChoice, explain_choice
from npc_sdk.cli.checks.backend import ask_backend, check_backend, features_of
from npc_sdk.cli.checks.device import check_device
from npc_sdk.cli.checks.finding import Finding
from npc_sdk.cli.checks.machine import check_folder, check_port, check_processor, check_program
from npc_sdk.cli.checks.model import check_model
from npc_sdk.models import models_folder
from npc_sdk.runtime.defaults import threads_for


def examine(*, device: str, model: str, port: int) -> list[Finding]:
    """Return everything that was found.

    Args:
        device: A selector; see :func:`npc_sdk.budget.choose.explain_choice`.
        model: A name or a file.
        port: The port that a host shall listen on; 0 is a free one.

    Raises:
        RequestError: The device's selector means nothing.
    """
    choice = explain_choice(device)
    try:
        seen = choice.probe.read()
        return [
            check_program(),
            *check_device(choice, seen, card_makers()),
            *_check_backend(choice),
            *check_model(model, seen),
            check_port(port),
            *_check_folders(),
        ]
    finally:
        choice.probe.close()


def _check_backend(choice: ProbeChoice) -> list[Finding]:
    threads = threads_for(os.cpu_count() or 1)
    features = features_of(ask_backend())
    if isinstance(features, Finding):
        return [features, *check_processor(None, threads=threads)]
    device = choice.probe.device
    # A device that nobody could see is the device's finding, not one of the backend that does not use it.
    probe_name = choice.probe.name if device is not None else "host"
    # Whoever gives a budget by hand knows of a GPU, and has not told its name.
    name = device.name if device is not None and device.kind != "configured" else "The GPU"
    found = check_backend(features, probe_name=probe_name, device_name=name)
    return [*found, *check_processor(features["switches"].get("CPU"), threads=threads)]


def _check_folders() -> list[Finding]:
    data = Path(platformdirs.user_data_dir("npc-sdk", appauthor=False))
    return [
        *check_folder("models", models_folder(), is_for_models=True),
        *check_folder("data", data),
        *check_folder("temporary", Path(tempfile.gettempdir())),
    ]
