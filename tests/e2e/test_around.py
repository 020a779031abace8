"""What stands around a conversation: who is in it, how they came, and how it ends."""

from playwright.sync_api import Browser, Page, expect

from local.harness import Running
from tests.e2e.axe import assert_accessible
from tests.e2e.scenes import OPERATOR
from tests.e2e.test_looks import PHONE, assert_fits
from tests.e2e.visitor import Visitor, second_tab, visitor

GONE = "Nothing to see here."
SHUT = "This invitation is not valid"


def press(page: Page, *keys: str) -> None:
    """Press one key after the other."""
    for key in keys:
        page.keyboard.press(key)


def refused(someone: Visitor, status: int) -> None:
    """Take out of the complaints that the service refused something, as Chromium tells it."""
    said = [each for each in someone.complaints if f"status of {status}" in each]
    assert said
    someone.complaints[:] = [each for each in someone.complaints if each not in said]


def open_details(someone: Visitor) -> None:
    """Open the details with the keyboard alone."""
    someone.page.get_by_role("button", name="Conversation details").focus()
    press(someone.page, "Enter")
    expect(someone.page.get_by_role("dialog", name="Conversation details")).to_be_visible()


def test_people_come_by_a_link_are_removed_and_lose_what_is_deleted(
    running: Running, browser: Browser
) -> None:
    with visitor(browser, "Anouk", PHONE) as ana, visitor(browser, "Bengt") as ben:
        ana.sign_in(running.http_url)
        ana.create("Camp")
        link = invitation(ana)
        join(ben, link)
        remove(ana, ben, link)
        ana.page.get_by_role("button", name="Close").click()
        ana.invite("Bengt")
        unread(ana, ben)
        share(ana, ben)
        keep(ana)
        find(ben)
        delete(ana, ben)
        delete_everything(ben)


def invitation(ana: Visitor) -> str:
    """Make a link to join with the keyboard alone. Afterwards the focus is where it was."""
    opener = ana.page.get_by_role("button", name="Invite somebody").first
    opener.focus()
    press(ana.page, "Enter", "Tab", "Tab", "Tab", "Enter")
    expect(ana.page.get_by_role("button", name="Copy")).to_be_focused()
    assert_fits(ana.page)
    ana.shoot("phone-invite")
    assert_accessible(ana.page)
    link = ana.page.get_by_label("Link to join").input_value()
    press(ana.page, "Escape")
    expect(opener).to_be_focused()
    return link


def join(ben: Visitor, link: str) -> None:
    """Sign in at a link, and be in the conversation."""
    ben.page.goto(link)
    expect(ben.page.get_by_text("Somebody invited you")).to_be_visible()
    ben.page.get_by_label("Your name").fill(ben.name)
    press(ben.page, "Enter")
    expect(ben.page.get_by_role("heading", name="Camp")).to_be_visible()


def remove(ana: Visitor, ben: Visitor, link: str) -> None:
    """Set when assistants answer, and remove somebody: they are out at once, and the link is no way back."""
    open_details(ana)
    details = ana.details()
    expect(details.get_by_role("listitem")).to_contain_text(
        ["Anouk (you)Owner", "BengtMember", "Assistant"]
    )
    details.get_by_label("Never").check()
    expect(ben.notices).to_contain_text(["joined", "asked assistants to stay silent"])
    assert_fits(ana.page)
    ana.shoot("phone-details")
    assert_accessible(ana.page)
    details.get_by_role("button", name="Remove Bengt").click()
    ana.page.get_by_role("button", name="Remove", exact=True).click()
    expect(details.get_by_role("listitem")).to_have_count(2)
    expect(ben.page.get_by_text(GONE)).to_be_visible()
    expect(ben.page.locator(".conversations li")).to_have_count(0)
    ben.page.goto(link)
    expect(ben.page.get_by_text(SHUT)).to_be_visible()
    refused(ben, 404)
    ben.shoot("desktop-not-joined")
    assert_accessible(ben.page)
    ben.page.get_by_role("link", name="To my conversations").click()


def unread(ana: Visitor, ben: Visitor) -> None:
    """Count what is written while somebody does not look."""
    for text in ("One", "Two"):
        ana.write(text)
        expect(ana.message(text)).to_be_visible()
    ben.page.reload()
    count = ben.page.locator(".conversations .new")
    expect(count).to_have_text("2 unread")
    ben.page.get_by_role("searchbox").fill("nothing like it")
    expect(count).to_be_hidden()
    ben.page.get_by_role("searchbox").fill("anouk cam")
    ben.shoot("desktop-unread")
    assert_accessible(ben.page)
    ben.enter("Camp")
    expect(count).to_be_hidden()


def share(ana: Visitor, ben: Visitor) -> None:
    """Show a conversation to whoever has a link, as it is now; withdraw it with the keyboard alone."""
    open_details(ana)
    expect(ben.details().get_by_role("button", name="Share a link…")).to_be_hidden()
    press(ben.page, "Escape")
    ana.details().get_by_role("button", name="Share a link…").click()
    ana.page.get_by_role("button", name="Make a link").click()
    link = ana.page.get_by_label("Link to read").input_value()
    assert_fits(ana.page)
    ana.shoot("phone-share")
    assert_accessible(ana.page)
    press(ana.page, "Escape", "Escape")
    ana.write("Only for us")
    expect(ben.message("Only for us")).to_be_visible()
    reader = second_tab(ana, "Nobody")
    reader.page.goto(link)
    expect(reader.page.get_by_role("heading", name="Camp")).to_be_visible()
    expect(reader.page.locator("li.message .prose")).to_have_text(["One", "Two"])
    assert_fits(reader.page)
    reader.shoot("phone-shared")
    assert_accessible(reader.page)
    open_details(ana)
    expect(ana.details().get_by_text("Shared by a link since")).to_be_visible()
    ana.details().get_by_role("button", name="Withdraw the link…").focus()
    press(ana.page, "Enter", "Tab", "Enter")
    expect(ana.details().get_by_text("Shared by a link since")).to_be_hidden()
    press(ana.page, "Escape")
    reader.page.reload()
    expect(reader.page.get_by_text("Nothing is shared here any more")).to_be_visible()
    refused(reader, 404)
    reader.page.close()


def keep(ana: Visitor) -> None:
    """Save what was said as a file."""
    open_details(ana)
    with ana.page.expect_download() as saving:
        ana.details().get_by_role("button", name="Save as text").click()
    assert saving.value.suggested_filename == "camp.md"
    assert "Only for us" in saving.value.path().read_text()
    press(ana.page, "Escape")


def find(ben: Visitor) -> None:
    """Find a message by what it says, and go to it with the keyboard."""
    box = ben.page.get_by_role("searchbox")
    box.fill("only us")
    found = ben.page.locator(".found a")
    expect(found).to_contain_text("Only for us")
    ben.shoot("desktop-found")
    assert_accessible(ben.page)
    found.focus()
    press(ben.page, "Enter")
    expect(ben.message("Only for us")).to_be_focused()
    box.fill("")


def delete(ana: Visitor, ben: Visitor) -> None:
    """Delete a conversation: it is gone for everybody, wherever it is shown."""
    open_details(ana)
    ana.details().get_by_role("button", name="Delete for everybody…").click()
    ana.shoot("phone-delete")
    assert_accessible(ana.page)
    ana.page.get_by_role("dialog", name="Delete this").get_by_role("button", name="Delete").click()
    expect(ana.page.get_by_text("It is quiet here.")).to_be_visible()
    expect(ana.page.get_by_role("dialog")).to_have_count(0)
    expect(ana.page.get_by_role("button", name="New conversation").first).to_be_focused()
    ben.write("Are you still there?")
    expect(ben.page.get_by_text(GONE)).to_be_visible()
    expect(ben.page.locator(".conversations li")).to_have_count(0)


def test_operators_take_over_hand_back_and_are_told_who_was_first(
    running: Running, browser: Browser
) -> None:
    with (
        visitor(browser, "Ana") as ana,
        visitor(browser, "Olga", PHONE) as olga,
        visitor(browser, "Otto") as otto,
    ):
        ana.sign_in(running.http_url)
        ana.create("Help")
        expect(ana.page.get_by_role("region", name="For operators")).to_be_hidden()
        for each in (olga, otto):
            each.arrive(ana.page.url, running.token(each.name.lower(), roles=OPERATOR))
            expect(each.page.get_by_text(GONE)).to_be_visible()
        olga.page.get_by_role("button", name="Take over").click()
        expect(olga.page.get_by_text("You have this conversation")).to_be_visible()
        expect(ana.page.locator(".answerer .operator")).to_have_text("Operator: Olga")
        assert_fits(olga.page)
        olga.shoot("phone-operator")
        assert_accessible(olga.page)
        otto.page.get_by_role("button", name="Take over").click()
        expect(otto.page.get_by_text("Olga has taken this conversation over.")).to_be_visible()
        refused(otto, 409)
        otto.shoot("desktop-second-operator")
        assert_accessible(otto.page)
        olga.page.get_by_role("button", name="Hand back").click()
        expect(ana.notices).to_contain_text(["Olga took over", "handed the conversation back"])


def delete_everything(ben: Visitor) -> None:
    """Delete one's data: it takes the word for it, and ends with being signed out."""
    ben.page.get_by_role("button", name=ben.name, exact=True).click()
    ben.page.get_by_role("button", name="Delete my data…").click()
    ben.shoot("delete-my-data")
    ben.page.get_by_label("Type “delete” to go on").fill("yes")
    press(ben.page, "Enter")
    expect(ben.page.get_by_text("Nothing was deleted")).to_be_visible()
    ben.page.get_by_label("Type “delete” to go on").fill("delete")
    press(ben.page, "Enter")
    expect(ben.page.get_by_role("button", name="Come in")).to_be_visible()
