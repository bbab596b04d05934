"""The client for Node.js: the golden vectors, a scripted host, and ``npc serve`` with the starter model."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.runtime.clock import SystemClock
from npc_sdk.testing import FakeEngine, Reply, say_and_act
from npc_sdk.wire.codec import decode
from npc_sdk.wire.host import Host
from npc_sdk.wire.host_settings import HostConfiguration, HostSettings
from npc_sdk.wire.keys import KeyRing
from npc_sdk.wire.limits import DEFAULT_LIMITS, Limits

BINDINGS = Path(__file__).parents[2] / "bindings"
CLIENT = BINDINGS / "javascript"
VECTORS = json.loads((BINDINGS / "vectors" / "messages.json").read_text(encoding="utf-8"))
OLDEST_NODE = 20

WRITE_VECTORS = """
import { toFrames } from "./npc.mjs";
import { readFileSync } from "node:fs";
const { accept } = JSON.parse(readFileSync("../vectors/messages.json", "utf8"));
const hex = (frame) => Buffer.from(frame).toString("hex");
console.log(JSON.stringify(accept.map(({ message }) => toFrames(message).map(hex))));
"""

TALK_ON = """
import { NpcClient } from "./npc.mjs";
const { file, socket } = JSON.parse(process.env.NPC_TEST_OPTIONS);
const client = await NpcClient.connect(file, { socket });
const { npc } = await client.spawn({ persona: { shipped: "guard" } });
console.log((await client.ask("npc.observe", { npc, text: "It starts to rain." })).kind);
const wait = () => new Promise((resolve) => { setTimeout(resolve, 50); });
try { for (;;) { await client.ask("npc.history", { npc }); await wait(); } } catch (error) { console.log(error.code); }
"""


def _missing() -> str | None:
    node = shutil.which("node")
    if node is None:
        return "node is not installed"
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.lstrip("v").partition(".")[0]) < OLDEST_NODE:
        return f"node {version.strip()} is older than {OLDEST_NODE}"
    if not (CLIENT / "node_modules" / "zeromq").is_dir():
        return "its packages are not installed: run npm ci in bindings/javascript"
    return None


MISSING = _missing()
pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))


def node(*arguments: str, **variables: str) -> str:
    """Run node in the folder of the client, and return what it printed."""
    done = subprocess.run(
        ["node", *arguments],
        cwd=CLIENT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def gatekeeper(prompt: str) -> str | Reply:
    """Open the gate when somebody asks for it, and say so when it is open."""
    line = prompt.rpartition("<|im_start|>user\n")[2]
    if "<tool_response>" in line:
        return "It is open."
    if "Open the north gate!" in line:
        return say_and_act("Very well.", "open_gate", gate="north")
    return "Halt! Who goes there?"


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    """Where a host keeps everything."""
    return {"folder": str(tmp_path / "host"), "connection_file": str(tmp_path / "host.json"), "drain_ms": 200}


def open_host(limits: Limits = DEFAULT_LIMITS, **settings: Any) -> Host:
    """Return a host whose character follows the script; not started."""
    configuration = HostConfiguration(host=HostSettings(**settings), limits=limits)
    return Host(configuration, engine=FakeEngine(gatekeeper), clock=SystemClock())


@pytest.fixture
def starter(settings: dict[str, Any]) -> Iterator[subprocess.Popen[str]]:
    """``npc serve`` as a user starts it."""
    command = [sys.executable, "-m", "npc_sdk.cli", "serve", "--folder", settings["folder"]]
    command += ["--connection-file", settings["connection_file"]]
    paths = os.pathsep.join(path for path in sys.path if path)
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["event"] == "ready"
        yield process
        if process.poll() is None:
            process.terminate()


def test_a_receiver_understands_what_it_writes() -> None:
    written = json.loads(node("--input-type=module", "-e", WRITE_VECTORS))
    assert len(written) == len(VECTORS["accept"])
    for vector, frames in zip(VECTORS["accept"], written, strict=True):
        message = decode([bytes.fromhex(frame) for frame in frames], DEFAULT_LIMITS, vector["direction"])
        assert message.model_dump(mode="json", exclude_none=True) == vector["message"], vector["name"]


def test_the_vectors_and_a_scripted_host(settings: dict[str, Any]) -> None:
    with open_host(**settings) as host:
        told = node("--test", "npc.test.mjs", NPC_TEST_HOST=str(host.connection_file), NPC_TEST_ACTION="1")
    assert "hands over an action" in told and "fail 0" in told
    assert "# SKIP" not in told


def test_it_acknowledges_what_arrives(settings: dict[str, Any]) -> None:
    # Far more items than the host sends ahead, and a session that would be ended soon.
    limits = Limits(max_events_unacked=4, slow_reader_ms=1500, max_requests=16)
    script = TALK_ON.replace("for (;;)", "for (let n = 0; n < 40; n++)")
    with open_host(limits, **settings) as host:
        options = json.dumps({"file": str(host.connection_file)})
        assert node("--input-type=module", "-e", script + "\nawait client.bye();", NPC_TEST_OPTIONS=options) == "done\n"


def test_keys_of_curve(settings: dict[str, Any], tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys")
    _, pair = ring.add("game")
    assert pair is not None
    with open_host(is_encrypted=True, keys=str(ring.folder), **settings) as host:
        keys = {
            "curveServerKey": ring.host_keys().public,
            "curvePublicKey": pair.public,
            "curveSecretKey": pair.secret,
        }
        options = json.dumps({"file": str(host.connection_file), "socket": keys})
        script = TALK_ON.replace("for (;;)", "for (let n = 0; n < 2; n++)") + "\nawait client.bye();"
        assert node("--input-type=module", "-e", script, NPC_TEST_OPTIONS=options) == "done\n"


def test_the_example_talks_to_the_starter(starter: subprocess.Popen[str], settings: dict[str, Any]) -> None:
    told = node("example.mjs", settings["connection_file"])
    assert told.startswith("Connected to npc ")
    assert told.count("Player: ") == told.count("(model, ") == 2


def test_a_killed_host_is_noticed(starter: subprocess.Popen[str], settings: dict[str, Any]) -> None:
    options = json.dumps({"file": settings["connection_file"]})
    with subprocess.Popen(
        ["node", "--input-type=module", "-e", TALK_ON],
        cwd=CLIENT,
        env={**os.environ, "NPC_TEST_OPTIONS": options},
        stdout=subprocess.PIPE,
        text=True,
    ) as talk:
        assert talk.stdout is not None and talk.stdout.readline() == "done\n"
        starter.kill()
        killed_s = time.monotonic()
        assert talk.stdout.readline() == "host_lost\n"
        assert time.monotonic() - killed_s < 10
        assert talk.wait(10) == 0
