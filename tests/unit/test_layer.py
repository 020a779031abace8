"""What the layer of dependencies keeps is what the code asks for."""

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SLIM = runpy.run_path(str(ROOT / "layers" / "dependencies" / "slim.py"))
CLIENT = re.compile(r'\bclient\(\s*"([a-z0-9-]+)"')


def test_every_service_that_gets_a_client_keeps_its_description() -> None:
    sources = (ROOT / "layers" / "wireside").rglob("*.py")

    used = {name for path in sources for name in CLIENT.findall(path.read_text("utf-8"))}

    assert used >= {"bedrock-runtime", "dynamodb", "sqs"}
    assert used <= SLIM["SERVICES"]
