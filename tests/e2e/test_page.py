"""Two people and the assistant, through the page."""

from playwright.sync_api import expect

from local.harness import Running
from tests.e2e.axe import assert_accessible
from tests.e2e.line import Line
from tests.e2e.scenes import COMPLETE, assert_same, silence_assistants, together
from tests.e2e.visitor import Visitor
from tests.faults import fault

SHIFTED = """() => new Promise(done => {
    let moved = 0;
    const note = list => { for (const { value } of list.getEntries()) moved += value; };
    new PerformanceObserver(note).observe({ type: "layout-shift", buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => done(moved))));
})"""
"""How much of the page has jumped since it was opened, as Chromium counts it."""
DIRTY = '<img src="https://example.com/x.png" onerror="alert(1)"><script>alert(2)</script>'

HEARD = """() => {
    window.heard = [];
    const hear = changes => window.heard.push(...changes.flatMap(({ addedNodes }) => [...addedNodes])
        .map(({ textContent }) => textContent));
    for (const each of document.querySelectorAll("[aria-live=polite]:not(.count), [role=status], [role=alert]"))
        new MutationObserver(hear).observe(each, { childList: true, subtree: true });
}"""
"""Notes what a screen reader is told from now on."""
MOVES = "document.getAnimations().length > 0"


def test_two_people_and_the_assistant_talk(running: Running, ana: Visitor, ben: Visitor) -> None:
    together(running, ana, ben, "By the fire")

    ana.write("Good evening, Ben")
    expect(ben.message("Good evening, Ben")).to_be_visible()
    ben.page.get_by_role("textbox", name="Message").press_sequentially("Hello", delay=10)
    expect(ana.page.locator(".typing")).to_contain_text("Ben is writing")
    ben.write("Hello Ana")
    expect(ana.message("Hello Ana")).to_be_visible()
    expect(ana.answers.filter(has_text=COMPLETE)).not_to_have_count(0)

    assert_same(ana, ben)


def test_an_answer_grows_before_the_eyes_of_both(
    running: Running, ana: Visitor, ben: Visitor
) -> None:
    together(running, ana, ben, "Streaming")
    ana.page.evaluate(HEARD)
    ana.page.emulate_media(reduced_motion="reduce")

    ben.write("What is a hearth?")
    for each in (ana, ben):
        expect(each.writing).to_contain_text("I am the Wireside demo")
    assert not ana.page.evaluate(MOVES)
    assert ben.page.evaluate(MOVES)
    early = ana.writing.locator(".prose").inner_text()
    expect(ana.writing).to_contain_text("Since my last answer")
    ana.shoot("desktop-streaming")
    for each in (ana, ben):
        expect(each.answers.filter(has_text=COMPLETE)).to_have_count(1)
        expect(each.writing).to_have_count(0)

    assert ana.answers.locator(".prose").inner_text().startswith(early)
    ana.page.wait_for_function("window.heard.length > 1")
    heard = ana.page.evaluate("window.heard")
    assert [each[:4] for each in heard] == ["Ben:", "Demo"], heard
    assert_same(ana, ben)


@fault(33)
def test_a_reload_in_mid_stream_continues_without_loss(
    running: Running, ana: Visitor, ben: Visitor
) -> None:
    together(running, ana, ben, "Reload")

    ana.write("Tell me a long story, " * 18)
    expect(ben.writing).to_contain_text("no language model")
    ben.page.reload()
    expect(ben.writing).to_contain_text("I am the Wireside demo")
    expect(ben.answers.filter(has_text=COMPLETE)).to_have_count(1)

    assert_same(ana, ben)


def test_what_is_written_while_the_line_is_cut_arrives_once_and_in_order(
    running: Running, ana: Visitor, ben: Visitor, line: Line
) -> None:
    together(running, ana, ben, "Cut")
    ben.write("Before")
    for each in (ana, ben):
        expect(each.message("Before")).to_be_visible()

    line.cut()
    expect(ben.status).to_have_text("Reconnecting")
    ben.write("From the dark, one")
    ben.write("From the dark, two")
    expect(ben.pending).to_have_count(2)
    ana.write("Are you there?")
    expect(ana.message("Are you there?")).to_be_visible()
    ben.shoot("desktop-reconnecting")
    assert_accessible(ben.page)
    line.mend()
    expect(ben.status).to_have_text("Connected")

    expect(ana.message("From the dark, two")).to_be_visible()
    expect(ben.message("Are you there?")).to_be_visible()
    expect(ana.answers.filter(has_text="From the dark, two")).to_have_count(1)
    assert_same(ana, ben)
    mine = [text for _, name, text in ana.seen() if name == "Ben"]
    assert mine == ["Before", "From the dark, one", "From the dark, two"]


def test_what_was_not_sent_survives_a_reload(
    running: Running, ana: Visitor, ben: Visitor, line: Line
) -> None:
    together(running, ana, ben, "Outbox")
    expect(ben.page.get_by_role("textbox", name="Message")).to_be_enabled()

    line.cut()
    expect(ben.status).to_have_text("Reconnecting")
    ben.write("Kept through the reload")
    expect(ben.pending).to_have_count(1)
    line.mend()
    ben.page.reload()

    expect(ana.message("Kept through the reload")).to_have_count(1)
    expect(ben.message("Kept through the reload")).to_have_count(1)
    assert_same(ana, ben)


@fault(45)
def test_markup_in_messages_is_shown_and_does_nothing(
    running: Running, ana: Visitor, ben: Visitor
) -> None:
    together(running, ana, ben, "Inert")
    answer = ana.page.request.get(running.http_url)
    assert "default-src 'none'; script-src 'self'" in answer.headers["content-security-policy"]

    ana.write(f"{DIRTY} javascript:alert(3) https://example.com/a?b=c.")
    ana.write("Look:\n```python\nprint('<b>')\n```\nand `code`")
    expect(ben.message("print('<b>')")).to_be_visible()

    shown = ben.message("onerror")
    expect(shown).to_contain_text(DIRTY)
    assert shown.locator("img, script").count() == 0
    links = shown.locator("a").evaluate_all("links => links.map(link => [link.href, link.rel])")
    assert links == [
        ["https://example.com/x.png", "noopener noreferrer"],
        ["https://example.com/a?b=c", "noopener noreferrer"],
    ]


def test_earlier_messages_come_when_the_reader_scrolls_up(
    running: Running, ana: Visitor, ben: Visitor
) -> None:
    together(running, ana, ben, "History")
    silence_assistants(running, ana)
    for number in range(1, 81):
        ana.write(f"number {number}.")
    expect(ana.pending).to_have_count(0)
    expect(ben.message("number 80.")).to_be_visible()

    ben.page.reload()
    expect(ben.message("number 80.")).to_be_visible()
    assert ben.page.evaluate(SHIFTED) < 0.05
    assert len(ben.seen()) < len(ana.seen())
    while not ben.page.get_by_text("The beginning").is_visible():
        ben.page.locator(".timeline").hover()
        ben.page.mouse.wheel(0, -2_000)
    expect(ben.message("number 1.")).to_have_count(1)

    assert_same(ana, ben)


def test_a_message_that_is_too_long_says_so_and_can_be_discarded(
    running: Running, ana: Visitor
) -> None:
    ana.sign_in(running.http_url)
    ana.create("Too long")

    ana.write("x" * 10_001)
    expect(ana.pending).to_contain_text("At most 10,000 characters fit")
    ana.shoot("desktop-refused")
    assert_accessible(ana.page)
    ana.pending.get_by_role("button", name="Edit").click()
    box = ana.page.get_by_role("textbox", name="Message")
    expect(box).to_have_value("x" * 10_001)
    expect(ana.pending).to_have_count(0)
    box.press("Enter")
    expect(ana.pending).to_contain_text("At most 10,000 characters fit")
    ana.pending.get_by_role("button", name="Discard").click()

    expect(ana.pending).to_have_count(0)


def test_a_sign_in_lasts_for_the_tab_and_ends_when_asked(running: Running, ana: Visitor) -> None:
    ana.sign_in(running.http_url)
    ana.create("Mine")

    ana.page.reload()
    expect(ana.page.get_by_role("heading", name="Mine")).to_be_visible()
    ana.page.get_by_role("button", name="Sign out").click()
    expect(ana.page.get_by_label("Your name")).to_be_visible()
    ana.page.reload()

    expect(ana.page.get_by_label("Your name")).to_be_visible()
