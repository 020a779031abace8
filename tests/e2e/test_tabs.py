"""Several tabs of one person: what is unsent in IndexedDB, drafts, and who has left."""

from pathlib import Path

from playwright.sync_api import Page, Route, expect

from local.harness import Running
from tests.e2e.visitor import Visitor, second_tab

SHELVES = Path(__file__).resolve().parents[1] / "web" / "shelves.mjs"

CONTRACT = """async () => {
    const { CONTRACT } = await import('/shelves.mjs');
    const { IndexedShelf } = await import('/wireside/indexed-shelf.js');
    const { systemClock } = await import('/wireside/clock.js');
    const broken = [];
    for (const [rule, holds] of Object.entries(CONTRACT)) {
        // Whoever has it open gives way.
        await new Promise((resolve, reject) => {
            const request = indexedDB.deleteDatabase('wireside');
            Object.assign(request, { onsuccess: resolve, onerror: reject, onblocked: reject });
        });
        await holds(() => new IndexedShelf(indexedDB, systemClock))
            .catch(error => broken.push(`${rule}: ${error}`));
    }
    return [Object.keys(CONTRACT).length, broken];
}"""

LEAVE_BEHIND = """async conversationId => {
    const { entry } = await import('/shelves.mjs');
    const { IndexedShelf } = await import('/wireside/indexed-shelf.js');
    const { systemClock } = await import('/wireside/clock.js');
    const left = { ...entry('left', 'Left by a closed tab'), conversationId, afterSeq: null, epoch: null };
    await new IndexedShelf(indexedDB, systemClock).write({ 'wireside.outbox.ana.closed': [left] });
    dispatchEvent(new Event('online'));
}"""


def serve_shelves(page: Page) -> None:
    """Let the page import what every shelf keeps to."""

    def answer(route: Route) -> None:
        route.fulfill(path=SHELVES, content_type="text/javascript")

    page.route("**/shelves.mjs", answer)


def test_indexeddb_keeps_what_every_shelf_keeps_to(running: Running, ana: Visitor) -> None:
    ana.page.goto(running.http_url)
    serve_shelves(ana.page)

    count, broken = ana.page.evaluate(CONTRACT)

    assert count > 0
    assert broken == []


def test_tabs_share_drafts_what_a_closed_one_left_and_the_way_out(
    running: Running, ana: Visitor
) -> None:
    ana.sign_in(running.http_url)
    ana.create("Tabs")
    serve_shelves(ana.page)
    other = second_tab(ana)
    other.sign_in(running.http_url)
    other.enter("Tabs")
    expect(other.page.get_by_role("textbox", name="Message")).to_be_enabled()

    ana.page.get_by_role("textbox", name="Message").fill("Begun here")
    expect(other.page.get_by_role("textbox", name="Message")).to_have_value("Begun here")
    ana.page.evaluate(LEAVE_BEHIND, ana.page.url.rpartition("/")[2])
    expect(ana.message("Left by a closed tab")).to_have_count(1)
    expect(other.message("Left by a closed tab")).to_have_count(1)
    ana.page.get_by_role("button", name="Sign out").click()

    expect(ana.page.get_by_label("Your name")).to_be_visible()
    expect(other.page.get_by_label("Your name")).to_be_visible()
