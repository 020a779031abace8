"""What users are told to type does what they are told it does."""

import asyncio
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from local.harness import ROOT, SECRET, Running
from tests.documents import snippets
from tests.integration.client import Client, connected, create

STORY_SECONDS = 60


@pytest.fixture
def shell(running: Running, tmp_path: Path) -> Any:
    """Return what runs lines of a document where somebody stands who has followed it so far."""
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    # What the Makefile finds by itself needs neither the tests' interpreter nor their variables.
    known = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = {**known, "WIRESIDE_JWT_SECRET": SECRET}

    def run(*blocks: str) -> str:
        told = "\n".join(blocks).replace("http://localhost:8000", running.http_url)
        told = told.replace("$(make ", f"$(make --no-print-directory -C {ROOT} ")
        done = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", told],
            check=False,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            timeout=STORY_SECONDS,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    return run


def test_the_quick_start_can_be_followed(shell: Any) -> None:
    start, *others = snippets("docs/quickstart.md", "sh")

    printed = shell(*others)

    assert start == "make run\n"
    assert '"kind":"joined"' in printed.replace(" ", "")
    assert "wsi_" in printed
    assert '"ended_at"' in printed


def test_the_first_client_of_the_readme_prints_an_answer(
    shell: Any, running: Running, tmp_path: Path
) -> None:
    (client,) = snippets("README.md", "python")
    client = client.replace("http://localhost:8000", running.http_url)
    client = client.replace("ws://localhost:8000/ws", running.websocket_url)
    (tmp_path / "client.py").write_text(client, encoding="utf-8")
    (command,) = [each for each in snippets("README.md", "sh") if "client.py" in each]

    printed = shell(command)

    assert "Good evening" in printed
    assert "no language model" in printed


def test_the_session_of_the_protocol_is_one(running: Running) -> None:
    (session,) = [each for each in snippets("docs/protocol.md", "") if '"hello"' in each]

    async def story() -> None:
        room = await create(running, "ana")
        async with connected(running, "ana", greet=False) as ana:
            for line in session.replace("CONVERSATION", room).splitlines():
                told: dict[str, Any] = json.loads(line[2:])
                if line.startswith("→"):
                    await ana.send(**told)
                elif not await _comes(ana, told):
                    pytest.fail(f"never came: {line}")

    asyncio.run(asyncio.wait_for(story(), STORY_SECONDS))


async def _comes(someone: Client, told: Mapping[str, Any]) -> bool:
    try:
        await someone.until(lambda frame: _is_like(frame, told))
    except TimeoutError:
        return False
    return True


def _is_like(came: object, told: object) -> bool:
    """Whether a frame has all that is told of it; ``…`` may be anything."""
    if isinstance(told, Mapping) and isinstance(came, Mapping):
        return all(name in came and _is_like(came[name], told[name]) for name in told)
    return told in ("…", came)
