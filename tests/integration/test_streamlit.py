"""The Streamlit example in a browser, beside the local run (`make soak`: Streamlit is large)."""

import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from local.emulator import free_port
from local.harness import ROOT, Running

EXAMPLE = ROOT / "examples" / "streamlit"
READY_SECONDS = 60
SLOW_MS = 90_000
STRANGE = "<b>?</b> ![x](https://x.example/y.png) "
LONG = "Say it again: " + " ".join("abcdefghijklmnopqrstuvwxyz" * 7)
"""What the demo assistant quotes for some eight seconds."""


@pytest.fixture
def address(running: Running, tmp_path: Path) -> Iterator[str]:
    """Have the example inside a test; return where it is."""
    port = str(free_port())
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "clients/python/src"),
        "WIRESIDE_URL": running.http_url,
        "HOME": str(tmp_path),
    }
    python = str(ROOT / ".venv-streamlit/bin/python")
    options = ["--server.port", port, "--server.headless", "true"]
    process = subprocess.Popen(
        [
            python,
            "-m",
            "streamlit",
            "run",
            "app.py",
            *options,
            "--browser.gatherUsageStats",
            "false",
        ],
        cwd=EXAMPLE,
        env=environment,
    )
    try:
        _wait(f"http://localhost:{port}/_stcore/health")
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _wait(url: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def come_in(page: Page, address: str, name: str) -> None:
    page.set_default_timeout(SLOW_MS)
    page.goto(address)
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Come in").click()
    expect(page.get_by_label("New conversation")).to_be_visible(timeout=SLOW_MS)


@pytest.mark.soak
def test_people_talk_in_streamlit_and_stop_an_answer(address: str, tmp_path: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        ana, ben = browser.new_page(), browser.new_page()
        come_in(ana, address, "Ana")
        ana.get_by_label("New conversation").fill("Kitchen")
        ana.get_by_label("With (names").fill("Ben")
        ana.get_by_role("button", name="Begin").click()
        expect(ana.get_by_role("heading", name="Kitchen")).to_be_visible(timeout=SLOW_MS)
        come_in(ben, address, "Ben")
        ben.get_by_role("button", name="Kitchen").click()
        ana.get_by_placeholder("Say something").fill(STRANGE + LONG)
        ana.get_by_placeholder("Say something").press("Enter")

        ben.get_by_role("button", name="■ Stop").press("Enter", timeout=SLOW_MS)
        for page in (ana, ben):
            expect(page.get_by_text("· stopped")).to_be_visible(timeout=SLOW_MS)
            expect(page.get_by_text("<b>?</b>").first).to_be_visible()
            assert page.locator("img[src*='x.example']").count() == 0
        ana.screenshot(path=os.environ.get("SCREENSHOT", str(tmp_path / "streamlit.png")))
        browser.close()
