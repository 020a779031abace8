"""The Python part of docs/clients.md, snippet by snippet, as one program."""

import ast
import asyncio
import inspect
from pathlib import Path
from typing import Any

import pytest

from local.harness import ROOT, Running

GUIDE = ROOT / "docs" / "clients.md"
STORY_SECONDS = 60


def test_the_snippets_of_the_guide_are_a_program_that_runs(
    running: Running,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    section = GUIDE.read_text(encoding="utf-8").split("\n## Python\n")[1].split("\n## ")[0]
    snippets = [each.split("```")[0] for each in section.split("```python\n")[1:]]
    monkeypatch.chdir(tmp_path)

    async def program() -> None:
        names: dict[str, Any] = {}
        for snippet in snippets:
            here = snippet.replace("http://localhost:8000", running.http_url)
            here = here.replace("ws://localhost:8000/ws", running.websocket_url)
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            done = eval(compile(here, "clients.md", "exec", flags=flags), names)
            if inspect.isawaitable(done):
                await done

    asyncio.run(asyncio.wait_for(program(), STORY_SECONDS))

    told = capsys.readouterr().out
    assert "models: ['demo']" in told
    assert "text_too_long" in told
    assert "Ana said Is there any soup?" in told
    assert "first: 1" in told
    assert (tmp_path / "outbox.json").read_text(encoding="utf-8") == "[]"
