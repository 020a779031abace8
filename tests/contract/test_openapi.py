"""The HTTP API answers what its description says, whatever it is asked."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_schemathesis_finds_nothing() -> None:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/wireside/python'}"}

    explored = subprocess.run(
        [sys.executable, "-m", "tests.contract.exploring"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=False,
        text=True,
    )

    assert explored.returncode == 0, explored.stderr
    assert explored.stdout == ""
