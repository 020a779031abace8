"""An assistant calls tools, one of which needs an approval: what people see, and what they decide."""

import json
from pathlib import Path

from playwright.sync_api import Browser, expect

from local.harness import local_run
from tests.e2e.axe import assert_accessible
from tests.e2e.scenes import assert_reads_the_same
from tests.e2e.test_looks import PHONE, assert_fits
from tests.e2e.test_results import site
from tests.e2e.visitor import SHOTS, visitor
from tests.openai_server import DONE, USAGE, Reply, calls, chunk, says

ROOT = Path(__file__).resolve().parent.parent.parent
DIRTY = "<img src=x onerror=alert(1)>"
SHOP = f'''
from wireside.tools import tool


@tool(approval="required")
async def refund(order: str, cents: int) -> str:
    """Pay back an order."""
    return f"{{cents}} cents of {{order}} are paid back {DIRTY}"
'''
REPLIES = (
    Reply(
        [calls("current_time", '{"zone": "Asia/Tokyo"}'), chunk(finish="tool_calls"), USAGE, DONE]
    ),
    says("It is late in Tokyo."),
    Reply(
        [
            chunk("Let me see."),
            calls("refund", json.dumps({"order": DIRTY, "cents": 500})),
            chunk(finish="tool_calls"),
            DONE,
        ]
    ),
    says("It is paid back."),
    Reply([calls("refund", '{"order": "A-2", "cents": 1}'), chunk(finish="tool_calls"), DONE]),
    says("Then it stays as it is."),
)


def tree(place: Path) -> Path:
    """Return a tree like ours, with a tool of an operator's own beside the service."""
    place.mkdir()
    for each in ROOT.iterdir():
        if each.name != "layers":
            (place / each.name).symlink_to(each)
    python = place / "layers" / "wireside" / "python"
    python.mkdir(parents=True)
    (place / "layers" / "dependencies").symlink_to(ROOT / "layers" / "dependencies")
    (python / "wireside").symlink_to(ROOT / "layers" / "wireside" / "python" / "wireside")
    (python / "shop.py").write_text(SHOP, encoding="utf-8")
    return place


def test_people_see_calls_and_decide_on_those_that_need_them(
    browser: Browser, tmp_path: Path
) -> None:
    SHOTS.mkdir(exist_ok=True)
    with site(*REPLIES) as server:
        entry = {
            "name": "helper",
            "provider": "openai",
            "base_url": server.base_url,
            "tools": ["current_time", "shop:refund"],
        }
        environ = {"WIRESIDE_ASSISTANTS": json.dumps([entry])}
        with (
            local_run(tmp_path / "data", environ, root=tree(tmp_path / "tree")) as running,
            visitor(browser, "Ana") as ana,
            visitor(browser, "Ben", PHONE) as ben,
        ):
            for each in (ana, ben):
                each.sign_in(running.http_url)
            ana.create("Orders")
            ana.invite("Ben")
            ben.enter("Orders")

            ana.write("What time is it in Tokyo?")
            for each in (ana, ben):
                expect(each.answers.last).to_contain_text("It is late in Tokyo.")
                expect(each.page.locator("li.call")).to_contain_text("Helper used current_time")
            result = ana.page.locator("li.call").get_by_text("What came back")
            result.focus()
            result.press("Enter")
            expect(ana.page.locator("li.call pre").last).to_contain_text("(Asia/Tokyo)")

            ana.write("Please pay back my order.")
            waiting = [each.page.locator("li.call").nth(1) for each in (ana, ben)]
            for call in waiting:
                expect(call).to_contain_text("Helper asks to use refund")
                expect(call.get_by_role("button", name="Approve refund")).to_be_visible()
            waiting[0].get_by_text("With what").click()
            expect(waiting[0].locator("pre")).to_contain_text(DIRTY)
            ana.shoot("desktop-tool-waits")
            ben.shoot("phone-tool-waits")
            assert_accessible(ana.page)
            assert_fits(ben.page)

            approve = waiting[1].get_by_role("button", name="Approve refund")
            approve.focus()
            approve.press("Enter")
            for each, call in zip((ana, ben), waiting, strict=True):
                expect(each.answers.last).to_contain_text("It is paid back.")
                expect(call).to_contain_text("Helper used refund")
                expect(call.get_by_role("button")).to_have_count(0)
                expect(each.notices.last).to_have_text("Ben approved the use of refund")

            ana.write("And the other one.")
            third = ana.page.locator("li.call").nth(2)
            third.get_by_role("button", name="Decline").click()
            expect(ana.answers.last).to_contain_text("Then it stays as it is.")
            expect(third).to_contain_text("Helper was not allowed to use refund")
            expect(ben.answers.last).to_contain_text("Then it stays as it is.")
            assert ana.seen() == ben.seen()
            ana.shoot("desktop-tools")
            ben.shoot("phone-tools")
            assert_accessible(ben.page)
            assert_reads_the_same(ben)
