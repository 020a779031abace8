"""A site that speaks NLWeb answers: what it finds is shown as cards, not as raw JSON (C10)."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, expect

from local.harness import Running, local_run
from tests.e2e.axe import assert_accessible
from tests.e2e.test_looks import PHONE, assert_fits
from tests.e2e.visitor import DESKTOP, SHOTS, Visitor, visitor
from tests.nlweb_server import COMPLETE, HEADS, batch, found, summary
from tests.openai_server import OpenAiServer, Reply, serving

DIRTY = '<img src="https://planted.example/x.png" onerror="alert(1)">'
TRAP = found(9, name=DIRTY, url="javascript:alert(2)", description=DIRTY, schema_object={})
SEVEN = [found(number, score=90 - number) for number in range(1, 8)]
REPLIES = (
    Reply([*HEADS, batch(*SEVEN[4:]), batch(*SEVEN[:4]), summary("Seven dishes."), COMPLETE]),
    Reply([*HEADS, batch(found(1, score=80)), batch(TRAP), COMPLETE]),
)


@contextmanager
def site(*replies: Reply) -> Iterator[OpenAiServer]:
    """Have a site beside the browser, in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    serves = serving(*replies)
    try:
        yield asyncio.run_coroutine_threadsafe(serves.__aenter__(), loop).result(10)
        asyncio.run_coroutine_threadsafe(serves.__aexit__(None, None, None), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def run(data: Path, base_url: str) -> Iterator[Running]:
    """Have a local run in which that site answers."""
    entry = {"name": "recipes", "provider": "nlweb", "base_url": base_url, "site": "kitchen"}
    with local_run(data, {"WIRESIDE_ASSISTANTS": json.dumps([entry])}) as running:
        yield running


def ask(who: Visitor, text: str, answers: int) -> None:
    who.write(text)
    expect(who.answers).to_have_count(answers)
    expect(who.writing).to_have_count(0)


def test_what_a_site_finds_is_shown_as_cards_with_safe_links(
    browser: Browser, tmp_path: Path
) -> None:
    SHOTS.mkdir(exist_ok=True)
    with (
        site(*REPLIES) as server,
        run(tmp_path, server.base_url) as running,
        visitor(browser, "Ana", PHONE) as ana,
    ):
        ana.sign_in(running.http_url)
        ana.create("Dinner")
        ask(ana, "Which dishes are there?", 1)

        first = ana.answers.nth(0)
        expect(first.locator(".prose")).to_have_text("Seven dishes.")
        cards = first.locator(".result")
        expect(cards).to_have_count(7)
        expect(cards.locator("visible=true")).to_have_count(5)
        link = first.get_by_role("link", name="Dish 1", exact=True)
        expect(link).to_have_attribute("href", "https://site.example/1")
        expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
        expect(link).to_have_attribute("target", "_blank")
        expect(cards.nth(0)).to_contain_text("Recipe · site.example")
        expect(cards.nth(0)).to_contain_text("No. 1.")
        more = first.get_by_text("2 more results")
        more.focus()
        more.press("Enter")
        expect(first.get_by_role("link", name="Dish 7")).to_be_visible()
        ana.shoot("phone-results")

        ask(ana, "And one for children?", 2)

        second = ana.answers.nth(1)
        expect(second.locator(".prose")).to_have_count(0)
        expect(second.get_by_role("link")).to_have_count(1)
        expect(second.locator(".result").nth(1)).to_contain_text(DIRTY)
        expect(ana.page.locator("img")).to_have_count(0)
        asked = parse_qs(urlsplit(server.asked[1].target).query)
        assert json.loads(asked["prev"][0]) == ["Which dishes are there?"]
        assert json.loads(asked["last_ans"][0])[0] == {
            "title": "Dish 1",
            "url": "https://site.example/1",
        }
        ana.page.reload()
        expect(ana.answers.locator(".result")).to_have_count(9)
        assert_fits(ana.page)
        ana.page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        ana.shoot("desktop-results")
        assert_accessible(ana.page)
