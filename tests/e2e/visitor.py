"""A person at a browser: what they do and see, in the page's own words."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

SHOTS = Path(__file__).resolve().parents[2] / "test-results"
PATIENCE_MS = 30_000
DESKTOP = (1280, 800)
SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
LOST_LINE = re.compile(r"net::ERR_|WebSocket connection to .* failed")
"""What Chromium itself logs while a line is cut."""

expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Visitor:
    """Somebody with a page of their own."""

    name: str
    page: Page
    complaints: list[str] = field(default_factory=list)

    def sign_in(self, address: str) -> None:
        """Open the page and come in under the name."""
        self.page.goto(address)
        self.page.get_by_label("Your name").fill(self.name)
        self.page.get_by_role("button", name="Come in").click()
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()

    def arrive(self, address: str, token: str) -> None:
        """Open the page signed in already."""
        identity = {"id": self.name.lower(), "name": self.name, "token": token}
        self.page.goto(address)
        self.page.evaluate(
            "identity => sessionStorage.setItem('wireside.identity', JSON.stringify(identity))",
            identity,
        )
        self.page.reload()

    def create(self, title: str) -> None:
        """Begin a conversation and be in it."""
        self.page.get_by_role("button", name="New conversation").first.click()
        self._answer_dialog("Create", title)
        expect(self.page.get_by_role("heading", name=title)).to_be_visible()

    def invite(self, name: str) -> None:
        """Invite somebody into the open conversation."""
        self.page.get_by_role("button", name="Invite somebody").first.click()
        self._answer_dialog("Invite", name)
        expect(self.page.locator(".people")).to_contain_text(name)

    def _answer_dialog(self, action: str, text: str) -> None:
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("textbox").fill(text)
        dialog.get_by_role("button", name=action).click()
        expect(dialog).to_be_hidden()

    def enter(self, title: str) -> None:
        """Open a conversation from the list."""
        self.page.locator(".conversations a").filter(has_text=title).click()
        expect(self.page.get_by_role("heading", name=title)).to_be_visible()

    def details(self) -> Locator:
        """Return everything about the open conversation that is not its messages."""
        shown = self.page.get_by_role("dialog", name="Conversation details")
        if not shown.is_visible():
            self.page.get_by_role("button", name="Conversation details").click()
            expect(shown).to_be_visible()
        return shown

    def write(self, text: str) -> None:
        """Send a message with the Enter key."""
        box = self.page.get_by_role("textbox", name="Message")
        box.fill(text)
        box.press("Enter")

    def message(self, text: str) -> Locator:
        """Return the stored message with this text of somebody, as the page shows it."""
        return self.page.locator("li.from-human[data-seq]").filter(has_text=text)

    def open_menu(self, message: Locator) -> Locator:
        """Return what can be done to a message."""
        message.hover()
        message.get_by_role("button", name="More for the message").click()
        return self.page.get_by_role("dialog", name="Message", exact=True)

    def act(self, message: Locator, action: str) -> None:
        """Do something to a message by its menu."""
        menu = self.open_menu(message)
        menu.get_by_role("button", name=action).click()
        expect(menu).to_be_hidden()

    def offered(self, message: Locator) -> list[str]:
        """Return what the menu of a message offers, apart from reactions."""
        message.hover()
        button = message.get_by_role("button", name="More for the message")
        if not button.count():
            return []
        button.click()
        labels = self.page.locator(".menu .deed").all_inner_texts()
        self.page.keyboard.press("Escape")
        expect(button).to_be_focused()
        return labels

    def edit(self, message: Locator, text: str) -> None:
        """Give a message another text."""
        self.act(message, "Edit")
        self.write(text)

    def delete(self, message: Locator) -> None:
        """Delete a message, and mean it."""
        self.act(message, "Delete")
        self.page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    @property
    def stop(self) -> Locator:
        """Return the button that stops the assistant."""
        return self.page.get_by_role("button", name="Stop", exact=True)

    @property
    def notices(self) -> Locator:
        """Return what is told of the conversation itself."""
        return self.page.locator("li.notice")

    @property
    def remnants(self) -> Locator:
        """Return what assistants had said when they were silenced."""
        return self.page.locator("li.remnant")

    @property
    def answers(self) -> Locator:
        """Return the assistant's complete answers."""
        return self.page.locator("li.from-assistant[data-seq]")

    @property
    def writing(self) -> Locator:
        """Return the answer that is being written."""
        return self.page.locator("li.writing")

    @property
    def pending(self) -> Locator:
        """Return the messages that are not stored yet."""
        return self.page.locator("li.pending")

    @property
    def status(self) -> Locator:
        """Return the word for the state of the connection."""
        return self.page.locator(".list .status")

    def seen(self) -> list[tuple[int, str, str]]:
        """Return all stored rows in the order shown: seq, sender's name, text."""
        rows = self.page.locator("li[data-seq]").evaluate_all(
            """rows => rows.map(row => [
                Number(row.dataset.seq),
                row.querySelector('.name')?.textContent ?? '',
                (row.querySelector('.prose') ?? row).textContent,
            ])"""
        )
        return [(seq, name, text) for seq, name, text in rows]

    def shoot(self, name: str) -> None:
        """Keep a picture of the page by day and one by night."""
        for scheme in SCHEMES:
            self.page.emulate_media(color_scheme=scheme)
            self.page.screenshot(path=SHOTS / f"{name}-{scheme}.png")


@contextmanager
def visitor(browser: Browser, name: str, size: tuple[int, int] = DESKTOP) -> Iterator[Visitor]:
    """Have somebody inside a block. Afterwards nothing may have been complained of."""
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height})
    someone = _tab(context, name, [])
    yield someone
    context.close()
    assert someone.complaints == []


def second_tab(someone: Visitor, name: str | None = None) -> Visitor:
    """Open another tab of the same browser, for somebody else if ``name`` says so."""
    return _tab(someone.page.context, name or someone.name, someone.complaints)


def _tab(context: BrowserContext, name: str, complaints: list[str]) -> Visitor:
    someone = Visitor(name, context.new_page(), complaints)
    someone.page.on("pageerror", lambda error: someone.complaints.append(str(error)))
    someone.page.on("console", lambda message: _listen(someone, message))
    return someone


def _listen(someone: Visitor, message: ConsoleMessage) -> None:
    """Note errors and warnings, violations of the content security policy among them."""
    if message.type in {"error", "warning"} and not LOST_LINE.search(message.text):
        someone.complaints.append(message.text)
