"""The local run, and browsers of two people; one of them behind a line that can be cut."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from local.harness import Running, local_run
from tests.e2e.line import Line, line_to
from tests.e2e.visitor import SHOTS, Visitor, visitor
from tests.leaks import leaks

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session", autouse=True)
def _no_leaks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Search every log of every local run of this session once they have all ended."""
    yield
    assert list(leaks(tmp_path_factory.getbasetemp())) == []


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return the running system."""
    SHOTS.mkdir(exist_ok=True)
    with local_run(tmp_path_factory.mktemp("local-run"), {"LOCAL_LOG_LEVEL": "DEBUG"}) as started:
        yield started


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Return what drives the browsers."""
    with sync_playwright() as driver:
        yield driver


def _launch(playwright: Playwright, *more: str) -> Browser:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    return playwright.chromium.launch(executable_path=found, args=[*ARGUMENTS, *more])


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Return a browser with nothing between it and the local run."""
    launched = _launch(playwright)
    yield launched
    launched.close()


@pytest.fixture
def line(running: Running) -> Iterator[Line]:
    """Return the line that Ben's browser goes through."""
    with line_to(running.port) as opened:
        yield opened


@pytest.fixture
def ana(browser: Browser) -> Iterator[Visitor]:
    """Return Ana."""
    with visitor(browser, "Ana") as someone:
        yield someone


@pytest.fixture
def ben(playwright: Playwright, running: Running, line: Line) -> Iterator[Visitor]:
    """Return Ben, whose browser takes the line for the address itself: the origin stays."""
    rule = f"MAP localhost:{running.port} 127.0.0.1:{line.port}"
    launched = _launch(playwright, f"--host-resolver-rules={rule}")
    with visitor(launched, "Ben") as someone:
        yield someone
    launched.close()
