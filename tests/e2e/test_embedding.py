"""The page inside an application of another origin, which knows who is signed in."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from local.emulator import free_port
from local.harness import SECRET, Running, local_run
from local.tokens import mint
from tests.documents import snippets
from tests.e2e.visitor import SHOTS, Visitor, visitor

LIFE_SECONDS = 12
EVENING_SECONDS = 3_600
REFUSED = re.compile("status of 401|Blocked autofocusing")
EXAMPLE = "https://chat.example.com"
AROUND = """<!doctype html><title>An application</title>
<style>iframe {{ width: 100%; height: 90vh; border: 0 }}</style>
{snippet}
<script>
  const tokens = {tokens};
  function freshTokenFromYourServer() {{
    document.title = `asked ${{(window.asked = (window.asked ?? 0) + 1)}}`;
    return tokens[Math.min(window.asked, tokens.length) - 1] ?? new Promise(() => {{}});
  }}
</script>"""
ANSWERED = """async ([data, token]) => {{
  const codes = [];
  const view = {{ current: {{ injectJavaScript: (code) => codes.push(code) }} }};
  const freshTokenFromYourServer = async () => token;
  const onMessage = {handler};
  await onMessage({{ nativeEvent: {{ data }} }});
  return codes;
}}"""
WEB_VIEW = "window.asked = []; window.ReactNativeWebView = {postMessage: (m) => asked.push(m)};"


@dataclass(slots=True)
class Application:
    """A web application of another origin, with the tokens that it hands out one after the other."""

    port: int
    page: str = ""
    tokens: list[str | None] = field(default_factory=list)

    @property
    def origin(self) -> str:
        """Return its origin."""
        return f"http://localhost:{self.port}"

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve it inside a block."""
        application = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                tokens = json.dumps(application.tokens)
                self.send_response(200 if self.path == "/" else 204)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                if self.path == "/":
                    (snippet,) = snippets("docs/embedding.md", "html")
                    snippet = snippet.replace(EXAMPLE, application.page)
                    shown = AROUND.format(snippet=snippet, tokens=tokens)
                    self.wfile.write(shown.encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """Serve an application that may embed the page of a local run."""
    made = Application(free_port())
    variables = {"WIRESIDE_PARENT_ORIGINS": made.origin, "LOCAL_LOG_LEVEL": "DEBUG"}
    with local_run(tmp_path_factory.mktemp("embedded"), variables) as running, made.serving():
        made.page = running.http_url
        yield made


def token(sub: str, seconds: int = EVENING_SECONDS) -> str:
    """Return a token of somebody that lives so long."""
    return mint(SECRET, sub, sub.title(), ("user",), seconds=seconds)[0]


def inside(page: Page) -> FrameLocator:
    """Return the page within the application."""
    return page.frame_locator("iframe")


@dataclass(slots=True)
class Listening:
    """What goes over the WebSockets of a page."""

    sent: list[dict[str, Any]] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)
    sockets: int = 0

    def to(self, page: Page) -> "Listening":
        """Listen to a page from now on."""

        def opened(socket: Any) -> None:
            self.sockets += 1
            socket.on("framesent", lambda data: self.sent.append(json.loads(data)))
            socket.on("framereceived", lambda data: self.heard.append(json.loads(data)))

        page.on("websocket", opened)
        return self


def wait_for(page: Page, seen: Callable[[], bool], seconds: float = 30) -> None:
    """Let the page live until something is seen."""
    deadline = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)


def refused_only(someone: Visitor) -> None:
    """Chromium logs 401s and focus kept from a frame; nothing else may be complained of."""
    assert [each for each in someone.complaints if not REFUSED.search(each)] == [], (
        someone.complaints
    )
    someone.complaints.clear()


def test_an_application_signs_its_visitor_in_and_keeps_them_so(
    browser: Browser, application: Application
) -> None:
    application.tokens = [token("ana", LIFE_SECONDS), token("ana")]
    with visitor(browser, "Ana") as ana:
        line, begun = Listening().to(ana.page), time.monotonic()
        ana.page.goto(application.origin)
        expect(inside(ana.page).get_by_role("button", name="Sign out")).to_be_visible()

        wait_for(ana.page, lambda: any(each["type"] == "refreshed" for each in line.heard))
        wait_for(ana.page, lambda: time.monotonic() > begun + LIFE_SECONDS + 1)
        inside(ana.page).get_by_role("button", name="New conversation").first.click()
        dialog = inside(ana.page).get_by_role("dialog")
        dialog.get_by_role("textbox").fill("Embedded")
        dialog.get_by_role("button", name="Create").click()
        expect(inside(ana.page).get_by_role("heading", name="Embedded")).to_be_visible()
        ana.page.screenshot(path=SHOTS / "embedded.png")

        refreshes = [each for each in line.sent if each["action"] == "refresh"]
        assert [each["token"] for each in refreshes] == [application.tokens[1]]
        assert line.sockets == 1
        assert "goodbye" not in [each["type"] for each in line.heard]


def test_without_a_fresh_token_the_visitor_is_asked_once_the_old_one_is_over(
    browser: Browser, application: Application
) -> None:
    application.tokens = [token("ben", 6), None]
    with visitor(browser, "Ben") as ben:
        ben.page.goto(application.origin)
        expect(inside(ben.page).get_by_role("button", name="Sign out")).to_be_visible()

        expect(inside(ben.page).get_by_role("alert")).to_contain_text("sign in again")
        refused_only(ben)


def test_a_token_of_somebody_else_is_not_taken_for_a_fresh_one(
    browser: Browser, application: Application
) -> None:
    application.tokens = [token("cleo", 6), token("mallory")]
    with visitor(browser, "Cleo") as cleo:
        line = Listening().to(cleo.page)
        cleo.page.goto(application.origin)
        expect(inside(cleo.page).get_by_role("button", name="Sign out")).to_be_visible()

        expect(inside(cleo.page).get_by_role("alert")).to_contain_text("sign in again")
        assert [each for each in line.sent if each["action"] == "refresh"] == []
        refused_only(cleo)


def test_a_stranger_can_neither_embed_the_page_nor_sign_anybody_in(
    browser: Browser, application: Application
) -> None:
    stranger = Application(free_port(), application.page, [token("mallory")])
    with stranger.serving(), visitor(browser, "Mallory") as mallory:
        mallory.page.goto(stranger.origin)
        wait_for(
            mallory.page, lambda: any("frame-ancestors" in each for each in mallory.complaints)
        )

        assert mallory.page.title() == "An application"
        assert inside(mallory.page).get_by_role("button", name="Sign out").count() == 0
        mallory.complaints.clear()


def test_a_window_that_opened_the_page_signs_nobody_in(browser: Browser, running: Running) -> None:
    with visitor(browser, "Dora") as dora:
        dora.page.goto(running.http_url)
        dora.page.evaluate(
            "token => window.postMessage({ type: 'wireside.token', token }, '*')", token("mallory")
        )

        expect(dora.page.get_by_label("Your name")).to_be_visible()
        assert dora.page.get_by_role("button", name="Sign out").count() == 0


def test_a_web_view_of_react_native_signs_its_visitor_in(
    browser: Browser, running: Running
) -> None:
    (snippet,) = snippets("docs/embedding.md", "jsx")
    (handler,) = re.findall(r"onMessage=\{(async .*?\n  \})\}", snippet, re.DOTALL)
    with visitor(browser, "Eve") as eve:
        eve.page.add_init_script(WEB_VIEW)
        eve.page.goto(running.http_url)
        wait_for(eve.page, lambda: eve.page.evaluate("asked.length") > 0)

        said = eve.page.evaluate("asked[0]")
        answered = ANSWERED.format(handler=handler)
        for code in eve.page.evaluate(answered, [said, token("eve")]):
            eve.page.evaluate(code)

        expect(eve.page.get_by_role("button", name="Sign out")).to_be_visible()
