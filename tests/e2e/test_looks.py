"""The page on a desktop and on a phone, by day and by night; pictures go to ``test-results/``."""

import pytest
from playwright.sync_api import Browser, Page, expect

from local.harness import Running
from tests.e2e.axe import assert_accessible
from tests.e2e.scenes import COMPLETE, LONG, OPERATOR, deed
from tests.e2e.visitor import DESKTOP, Visitor, visitor

PHONE = (360, 740)
SIZES = {"desktop": DESKTOP, "phone": PHONE}
SAID = """Here is what I tried:

```python
def kindle(logs: int) -> str:
    return "crackle " * logs  # a line that is long enough to need a scroll bar on any phone
```

It says `crackle`. See https://example.com/a/rather/long/address/that/does/not/want/to/break?at=all"""


def assert_fits(page: Page) -> None:
    """Nothing has to be scrolled sideways to be read."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_the_page_fits_and_shows_who_is_who(
    running: Running, browser: Browser, device: str
) -> None:
    with (
        visitor(browser, "Ana", SIZES[device]) as ana,
        visitor(browser, "Benedikt von und zu Lichtenstein") as ben,
    ):
        ana.page.goto(running.http_url)
        expect(ana.page.get_by_label("Your name")).to_be_focused()
        ana.shoot(f"{device}-sign-in")
        assert_accessible(ana.page)
        ana.sign_in(running.http_url)
        ben.sign_in(running.http_url)
        title = f"Evening on a {device}"
        ana.create(title)
        expect(ana.page.get_by_text("The fire is lit.")).to_be_visible()
        ana.shoot(f"{device}-empty")
        ana.invite(ben.name)
        ben.enter(title)
        talk(ana, ben, f"{device}")
        back_to_list(ana, f"{device}")


def talk(ana: Visitor, ben: Visitor, name: str) -> None:
    """Have everything in the picture: two people, an assistant, code, a link, an answer growing."""
    ana.write("Good evening! Is anybody here?")
    ana.write(SAID)
    ben.write("Yes, I am. A fire is a good thing on such an evening.")
    complete = ana.answers.filter(has_text=COMPLETE)
    expect(complete.first).to_be_visible()
    expect(ana.writing).to_have_count(0)
    ana.write("And what does the assistant say?")
    expect(ana.writing).to_contain_text("no language model")
    assert_fits(ana.page)
    ana.shoot(f"{name}-chat")
    assert_accessible(ana.page)
    expect(ana.page.locator(".from-assistant .role").first).to_have_text("Assistant")


def back_to_list(ana: Visitor, name: str) -> None:
    """Leave the conversation; on a phone that is what brings the list back."""
    ana.page.get_by_role("button", name="Invite somebody").first.click()
    ana.shoot(f"{name}-dialog")
    assert_accessible(ana.page)
    ana.page.keyboard.press("Escape")
    back = ana.page.get_by_role("button", name="Back to the list")
    if back.is_visible():
        back.click()
        expect(back).to_be_hidden()
    assert_fits(ana.page)
    ana.shoot(f"{name}-list")
    assert_accessible(ana.page)


@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_what_changes_fits_and_shows_what_it_is(
    running: Running, browser: Browser, device: str
) -> None:
    with visitor(browser, "Ana", SIZES[device]) as ana, visitor(browser, "Ben") as ben:
        ana.sign_in(running.http_url)
        ben.sign_in(running.http_url)
        title = f"Changes on a {device}"
        ana.create(title)
        ana.invite(ben.name)
        ben.enter(title)
        change(ana, ben, device)
        stop_and_ask_again(ana, ben, device)
        hand_over(running, ana, ben, device)


def change(ana: Visitor, ben: Visitor, name: str) -> None:
    """Have messages that are edited, deleted and reacted to, and what is asked on the way."""
    ben.write("The meeting is at nien")
    ben.write("Never mind")
    expect(ana.message("Never mind")).to_be_visible()
    ana.write("Nine, you mean? " + "I shall bring wood for the fire, and something to drink. " * 2)
    expect(ben.message("Nine")).to_be_visible()
    expect(ana.answers.filter(has_text=COMPLETE)).not_to_have_count(0)
    expect(ana.writing).to_have_count(0)
    ben.edit(ben.message("at nien"), "The meeting is at nine")
    ben.delete(ben.message("Never mind"))
    ana.act(ana.message("at nine"), "React with 👍")
    ben.act(ben.message("at nine"), "React with 🔥")
    ben.act(ben.message("wood"), "React with 🎉")
    expect(ana.message("wood")).to_contain_text("🎉 1")
    expect(ana.page.locator(".typing")).to_be_empty()
    ana.shoot(f"{name}-changed")
    assert_accessible(ana.page)
    ana.open_menu(ana.message("wood"))
    ana.shoot(f"{name}-menu")
    assert_accessible(ana.page)
    ana.page.get_by_role("button", name="Edit", exact=True).click()
    ana.shoot(f"{name}-editing")
    ana.page.get_by_role("button", name="Cancel").click()
    ana.act(ana.message("wood"), "Delete")
    ana.shoot(f"{name}-delete")
    assert_accessible(ana.page)
    ana.page.get_by_role("button", name="Cancel").click()
    assert_fits(ana.page)


def stop_and_ask_again(ana: Visitor, ben: Visitor, name: str) -> None:
    """Have an answer that grows, is stopped, and has another one stand in for it."""
    ana.write(LONG)
    expect(ana.writing).to_contain_text("a b c")
    assert_fits(ana.page)
    ana.shoot(f"{name}-growing")
    assert_accessible(ana.page)
    ana.stop.click()
    expect(ana.answers.last).to_contain_text("Stopped.")
    ana.shoot(f"{name}-stopped")
    ben.act(ben.answers.last, "Ask for another answer")
    expect(ana.page.get_by_text("An earlier answer")).to_be_visible()
    expect(ana.writing).to_have_count(0)
    ana.shoot(f"{name}-again")
    assert_accessible(ana.page)


def hand_over(running: Running, ana: Visitor, ben: Visitor, name: str) -> None:
    """Have an operator take over in mid-answer, and the conversation end."""
    ana.write(LONG)
    expect(ana.writing).to_contain_text("a b c")
    deed(running, ana, "/admin/conversations/{id}/takeover", sub="ben", roles=OPERATOR)
    expect(ana.remnants).to_be_visible()
    ben.arrive(ana.page.url, running.token("ben", roles=OPERATOR))
    ben.write("I am here now. How can I help?")
    expect(ana.page.locator("li.from-operator")).to_be_visible()
    ana.shoot(f"{name}-taken-over")
    assert_accessible(ana.page)
    ben.shoot(f"{name}-operating")
    assert_accessible(ben.page)
    deed(running, ana, "/admin/conversations/{id}/release", sub="ben", roles=OPERATOR)
    deed(running, ana, "/conversations/{id}/end", sub="ana")
    expect(ana.page.get_by_text("Everything in it can still be read")).to_be_visible()
    assert_fits(ana.page)
    ana.shoot(f"{name}-ended")
    assert_accessible(ana.page)
