"""Why somebody is not let in, in words that say what to do about it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from local.harness import Running
from tests.e2e.axe import assert_accessible

ALLOWED = 10


@pytest.fixture
def page(browser: Browser, running: Running) -> Iterator[Page]:
    """Return the page as nobody's who is signed in."""
    context = browser.new_context()
    opened = context.new_page()
    opened.goto(running.http_url)
    yield opened
    context.close()


@contextmanager
def elsewhere(running: Running, user_id: str, count: int) -> Iterator[None]:
    """Have somebody connected so often while this lasts."""
    offered = ("wireside.v1", f"wireside.auth.{running.token(user_id)}")
    protocols = [Subprotocol(each) for each in offered]
    with ExitStack() as lines:
        for _ in range(count):
            lines.enter_context(connect(running.websocket_url, subprotocols=protocols))
        yield


def come_in(page: Page, name: str) -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Come in").click()


def test_a_name_without_a_letter_is_refused_with_a_reason(page: Page) -> None:
    come_in(page, "!!!")

    expect(page.get_by_role("alert")).to_have_text("A name needs at least one letter or digit.")
    assert_accessible(page)


def test_who_has_as_many_connections_as_they_may_is_told_so_and_let_in_later(
    page: Page, running: Running
) -> None:
    with elsewhere(running, "crowded", ALLOWED):
        come_in(page, "Crowded")
        expect(page.locator(".list .status")).to_have_text("Open in too many tabs")

    expect(page.locator(".list .status")).to_have_text("Connected")


def test_a_token_that_is_not_accepted_is_not_said_to_have_run_out(
    page: Page, running: Running
) -> None:
    page.route(
        "**/config.json",
        lambda route: route.fulfill(json={**route.fetch().json(), "sign_in": "token"}),
    )
    page.goto(running.http_url)

    page.get_by_label("Your token").fill(running.token("mallory")[:-4] + "AAAA")
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("alert")).to_have_text(
        "This sign-in is not accepted. Please sign in again."
    )
    page.get_by_label("Your token").fill("Mallory")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("This is no token.")
