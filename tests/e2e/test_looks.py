"""The page on a desktop and on a phone, by day and by night; pictures go to ``test-results/``."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from local.harness import Running
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
    complete = ana.answers.filter(has_text=re.compile("exactly once into its log"))
    expect(complete.first).to_be_visible()
    expect(ana.writing).to_have_count(0)
    ana.write("And what does the assistant say?")
    expect(ana.writing).to_contain_text("no language model")
    assert_fits(ana.page)
    ana.shoot(f"{name}-chat")
    expect(ana.page.locator(".from-assistant .role").first).to_have_text("Assistant")


def back_to_list(ana: Visitor, name: str) -> None:
    """Leave the conversation; on a phone that is what brings the list back."""
    ana.page.get_by_role("button", name="Invite somebody").first.click()
    ana.shoot(f"{name}-dialog")
    ana.page.keyboard.press("Escape")
    back = ana.page.get_by_role("button", name="Back to the list")
    if back.is_visible():
        back.click()
        expect(back).to_be_hidden()
    assert_fits(ana.page)
    ana.shoot(f"{name}-list")
