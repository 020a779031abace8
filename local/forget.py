"""Forgets somebody in the local run: asks for it as they would, and waits until it is done."""

import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from local.options import Options
from local.tokens import mint, secret_of

EVERY_SECONDS = 5


def follow(ask: Callable[[], Mapping[str, str]], sleep: Callable[[float], None]) -> None:
    """Ask until it is done, and say how far it is. Whoever stops this stops only the asking."""
    told = ""
    while (state := ask())["state"] != "done":
        if state["asked_at"] != told:
            told = state["asked_at"]
            print(f"under way since {told}; it goes on by itself", flush=True)
        sleep(EVERY_SECONDS)
    print(f"done at {state['done_at']}", flush=True)


def forget(options: Options, sub: str) -> None:
    """Have somebody forgotten in the system that runs on this machine.

    Raises: SecretError; OSError where nothing runs, or it refuses.
    """
    token, _ = mint(secret_of(Path(options.data), options.secret), sub, sub, ["user"])
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": secrets.token_hex(16)}
    address = f"http://localhost:{options.port}/v1/me"

    def ask() -> Mapping[str, str]:
        request = urllib.request.Request(address, method="DELETE", headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - localhost
            told: Mapping[str, str] = json.load(answer)
        return told

    follow(ask, time.sleep)
