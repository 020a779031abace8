"""The Python client by itself: built, installed into an empty place, and used from there."""

import os
import subprocess
import sys
from pathlib import Path

from local.harness import ROOT, Running

UV = ROOT / ".build" / "uv" / "bin" / "uv"


def test_the_python_client_is_installed_alone_and_its_example_runs(
    running: Running, tmp_path: Path
) -> None:
    def uv(*arguments: str) -> None:
        subprocess.run([UV, *arguments, "--no-config", "--quiet"], cwd=tmp_path, check=True)

    uv(
        "build",
        "--wheel",
        "--python",
        sys.executable,
        str(ROOT / "clients/python"),
        "--out-dir",
        str(tmp_path),
    )
    (wheel,) = tmp_path.glob("*.whl")
    uv("venv", "--python", sys.executable, str(tmp_path / "venv"))
    python = str(tmp_path / "venv" / "bin" / "python")
    uv("pip", "install", "--python", python, "-c", str(ROOT / "requirements/dev.txt"), str(wheel))
    text = (ROOT / "clients/python/README.md").read_text(encoding="utf-8")
    example = text.split("```python\n")[1].split("```")[0]
    example = example.replace("http://localhost:8000", running.http_url)
    example = example.replace("ws://localhost:8000/ws", running.websocket_url)
    (tmp_path / "example.py").write_text(
        example + f"\n\nasyncio.run(main({running.token('ana')!r}))\n", encoding="utf-8"
    )

    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(
        [python, "-I", "example.py"],
        cwd=tmp_path,
        env=bare,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ran.stdout.startswith("stored as 1\n"), ran.stderr
    assert "Is there soup?" in ran.stdout
