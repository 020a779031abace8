"""The page that shows what the HTTP API says of itself."""

from urllib.parse import urlsplit

from playwright.sync_api import Browser, expect

from local.harness import Running
from tests.e2e.visitor import visitor


def test_the_docs_show_every_route_and_ask_no_other_host(
    running: Running, browser: Browser
) -> None:
    with visitor(browser, "Ana") as reader:
        page, asked = reader.page, set[str]()
        page.on("request", lambda request: asked.add(request.url))

        page.goto(f"{running.http_url}/docs")

        operations = page.locator(".opblock")
        expect(page.get_by_role("heading", name="Wireside")).to_be_visible()
        expect(page.locator("[data-path='/v1/conversations']").first).to_be_visible()
        described = page.request.get(f"{running.http_url}/openapi.json").json()
        expect(operations).to_have_count(sum(map(len, described["paths"].values())))
        page.locator("#operations-conversations-create .opblock-summary").click()
        expect(page.get_by_text("Soup on Friday").first).to_be_visible()
        reader.shoot("docs")
        hosts = {urlsplit(each).netloc for each in asked if not each.startswith("data:")}
        assert hosts == {urlsplit(running.http_url).netloc}
        assert reader.complaints == []
