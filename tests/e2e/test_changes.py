"""Answers that are stopped and asked for anew, messages that change, operators, the end."""

import re

from playwright.sync_api import expect

from local.harness import Running
from tests.e2e.line import Line
from tests.e2e.scenes import (
    COMPLETE,
    LONG,
    OPERATOR,
    assert_reads_the_same,
    assert_same,
    deed,
    silence_assistants,
    together,
)
from tests.e2e.visitor import Visitor, second_tab
from tests.faults import fault

BEGUN = "no language model"
KEPT = "Say it again: a b c"
"""By now what begins the answer is kept, which happens once a second."""
KEPT = "Say it again: a b c"
"""By now what begins the answer is kept, which happens once a second."""


@fault(31)
def test_an_answer_is_stopped_from_a_second_tab_and_the_next_message_answered(
    running: Running, ana: Visitor
) -> None:
    ana.sign_in(running.http_url)
    ana.create("Stop it")
    other = second_tab(ana)
    other.sign_in(running.http_url)
    other.enter("Stop it")
    expect(other.stop).to_be_hidden()

    ana.write(LONG)
    expect(other.writing).to_contain_text(BEGUN)
    other.stop.press("Enter")
    for each in (ana, other):
        expect(each.answers).to_contain_text("Stopped.")
        expect(each.writing).to_have_count(0)
        expect(each.stop).to_be_hidden()
        expect(each.answers.filter(has_text=COMPLETE)).to_have_count(0)
    ana.write("And now?")

    for each in (ana, other):
        expect(each.answers.filter(has_text=COMPLETE)).to_have_count(1)
    assert_same(ana, other)
    assert_reads_the_same(ana)


@fault(6)
def test_edits_and_deletions_are_seen_by_both_and_nothing_is_left_after_a_reload(
    running: Running, ana: Visitor, ben: Visitor
) -> None:
    together(running, ana, ben, "Second thoughts")
    silence_assistants(running, ana)
    ana.write("The meeting is at nien")
    ana.write("My secret is a sparrow")
    ben.write("Nine, you mean?")
    expect(ben.message("sparrow")).to_be_visible()

    ana.edit(ana.message("at nien"), "The meeting is at nine")
    expect(ben.message("The meeting is at nine")).to_contain_text("edited")
    ana.edit(ana.message("sparrow"), "My secret is a robin")
    expect(ben.message("robin")).to_be_visible()
    ana.delete(ana.message("robin"))
    for each in (ana, ben):
        expect(each.page.get_by_text("Message deleted")).to_have_count(1)
        expect(each.message("robin")).to_have_count(0)
        each.page.reload()
        expect(each.message("Nine, you mean?")).to_be_visible()
        expect(each.page.get_by_text("Message deleted")).to_have_count(1)
        assert not re.search("sparrow|robin|nien", each.page.content())


def test_authors_edit_and_owners_delete_and_nobody_else_is_offered_either(
    running: Running, ana: Visitor, ben: Visitor
) -> None:
    together(running, ana, ben, "Rights")
    silence_assistants(running, ana)
    ana.write("From the owner")
    ben.write("From the guest")
    expect(ana.message("From the guest")).to_be_visible()
    expect(ben.message("From the owner")).to_be_visible()

    offered = {
        (each.name, text): each.offered(each.message(text))
        for each in (ana, ben)
        for text in ("From the owner", "From the guest")
    }
    ana.delete(ana.message("From the guest"))

    assert offered == {
        ("Ana", "From the owner"): ["Reply", "Edit", "Copy text", "Delete…"],
        ("Ana", "From the guest"): ["Reply", "Copy text", "Delete…"],
        ("Ben", "From the owner"): ["Reply", "Copy text"],
        ("Ben", "From the guest"): ["Reply", "Edit", "Copy text", "Delete…"],
    }
    expect(ben.page.get_by_text("Message deleted")).to_have_count(1)


def test_everything_at_a_message_can_be_reached_with_the_keyboard(
    running: Running, ana: Visitor
) -> None:
    ana.sign_in(running.http_url)
    ana.create("Keys")
    silence_assistants(running, ana)
    ana.write("Stored")
    button = ana.message("Stored").get_by_role("button", name="More for the message")

    button.press("Enter")
    expect(ana.page.get_by_role("button", name="React with 👍")).to_be_focused()
    ana.page.keyboard.press("Escape")
    expect(button).to_be_focused()
    button.press("Enter")
    for _ in range(7):
        ana.page.keyboard.press("Tab")
    expect(ana.page.get_by_role("button", name="Edit")).to_be_focused()
    ana.page.keyboard.press("Enter")
    ana.page.keyboard.type(" anew")
    ana.page.keyboard.press("Enter")

    expect(ana.message("Stored anew")).to_contain_text("edited")


def test_a_change_to_what_was_deleted_meanwhile_says_so(
    running: Running, ana: Visitor, ben: Visitor, line: Line
) -> None:
    together(running, ana, ben, "Too late")
    silence_assistants(running, ana)
    ben.write("Written by Ben")
    for each in (ana, ben):
        expect(each.message("Written by Ben")).to_be_visible()

    line.cut()
    expect(ben.status).to_have_text("Reconnecting")
    ben.edit(ben.message("Written by Ben"), "Written anew by Ben")
    expect(ben.message("Written anew by Ben")).to_contain_text("saving…")
    ana.delete(ana.message("Written by Ben"))
    expect(ana.page.get_by_text("Message deleted")).to_have_count(1)
    line.mend()

    expect(ben.pending).to_contain_text("That message is not there any more.")
    ben.pending.get_by_role("button", name="Discard").click()
    expect(ben.page.get_by_text("Message deleted")).to_have_count(1)
    expect(ben.message("Written anew")).to_have_count(0)
    assert_reads_the_same(ben)


def test_a_change_can_be_left_and_gives_the_draft_back(running: Running, ana: Visitor) -> None:
    ana.sign_in(running.http_url)
    ana.create("Drafts")
    silence_assistants(running, ana)
    ana.write("Stored")
    box = ana.page.get_by_role("textbox", name="Message")
    box.fill("Not sent yet")

    ana.act(ana.message("Stored"), "Edit")
    expect(box).to_be_focused()
    expect(box).to_have_value("Stored")
    box.press("Escape")

    expect(box).to_have_value("Not sent yet")
    expect(ana.message("Stored")).not_to_contain_text("edited")


def test_reactions_are_counted_for_both_and_keep_the_focus(
    running: Running, ana: Visitor, ben: Visitor
) -> None:
    together(running, ana, ben, "Reactions")
    silence_assistants(running, ana)
    ben.write("The fire is lit")

    ana.act(ana.message("The fire is lit"), "React with 🔥")
    chip = ben.page.get_by_role("button", name="🔥 1 from Ana")
    expect(chip).to_have_text("🔥 1")
    chip.press("Enter")
    mine = ben.page.get_by_role("button", name="🔥 2 from Ana and you")
    expect(mine).to_have_attribute("aria-pressed", "true")
    expect(mine).to_be_focused()
    expect(ana.message("The fire is lit")).to_contain_text("🔥 2")
    mine.press("Enter")

    expect(ana.message("The fire is lit")).to_contain_text("🔥 1")
    assert_reads_the_same(ana)
    assert_reads_the_same(ben)


def test_another_answer_stands_in_for_the_first(
    running: Running, ana: Visitor, ben: Visitor
) -> None:
    together(running, ana, ben, "Once more")
    ana.write("What is a hearth?")
    expect(ben.answers.filter(has_text=COMPLETE)).to_have_count(1)

    ben.act(ben.answers.first, "Ask for another answer")
    expect(ana.notices).to_contain_text(["asked for another answer"])
    for each in (ana, ben):
        expect(each.answers).to_have_count(2)
        expect(each.answers.first.get_by_text("An earlier answer")).to_be_visible()
        expect(each.answers.first.locator(".prose")).to_be_hidden()
        expect(each.answers.last).to_contain_text(COMPLETE)
    ana.answers.first.get_by_text("An earlier answer").click()

    expect(ana.answers.first.locator(".prose")).to_be_visible()
    assert_reads_the_same(ben)


@fault(34)
def test_a_takeover_in_mid_answer_stops_it_and_nothing_follows_until_release(
    running: Running, ana: Visitor, ben: Visitor
) -> None:
    together(running, ana, ben, "Taken over")
    ana.write(LONG)
    for each in (ana, ben):
        expect(each.writing).to_contain_text(KEPT)

    deed(running, ana, "/admin/conversations/{id}/takeover", sub="olga", roles=OPERATOR)
    for each in (ana, ben):
        expect(each.writing).to_have_count(0)
        expect(each.notices).to_contain_text(["Olga took over; assistants stay silent"])
        expect(each.remnants).to_contain_text(BEGUN)
        expect(each.remnants).to_contain_text("Stopped.")
        expect(each.page.locator(".answerer .operator")).to_have_text("Operator: Olga")
    ben.write("Is anybody there?")
    expect(ana.message("Is anybody there?")).to_be_visible()
    deed(running, ana, "/admin/conversations/{id}/release", sub="olga", roles=OPERATOR)
    expect(ben.notices).to_contain_text(["Olga handed the conversation back"])
    expect(ben.answers).to_have_count(0)
    ana.write("Are you back?")

    for each in (ana, ben):
        expect(each.answers.filter(has_text=COMPLETE)).to_have_count(1)
        expect(each.answers).to_have_count(1)
        assert_reads_the_same(each)
    assert_same(ana, ben)


def test_what_an_operator_writes_is_told_apart(
    running: Running, ana: Visitor, ben: Visitor
) -> None:
    together(running, ana, ben, "Help")
    deed(running, ana, "/admin/conversations/{id}/takeover", sub="olga", roles=OPERATOR)
    expect(ana.notices).to_contain_text(["Olga took over"])
    olga = second_tab(ana, "Olga")

    olga.arrive(ana.page.url, running.token("olga", roles=OPERATOR))
    olga.write("How can I help?")

    said = ben.page.locator("li.from-operator").filter(has_text="How can I help?")
    expect(said.locator(".role")).to_have_text("Operator")
    expect(said.locator(".name")).to_have_text("Olga")
    ben.shoot("desktop-operator")


def test_an_ended_conversation_can_be_read_and_not_written_in(
    running: Running, ana: Visitor, ben: Visitor
) -> None:
    together(running, ana, ben, "The end")
    expect(ben.details().get_by_role("button", name="Leave…")).to_be_visible()
    expect(ben.details().get_by_role("button", name="End for everybody…")).to_be_hidden()
    ben.page.keyboard.press("Escape")
    ana.write(LONG)
    expect(ben.writing).to_contain_text(KEPT)

    ana.details().get_by_role("button", name="End for everybody…").click()
    ana.page.get_by_role("button", name="End", exact=True).click()
    ana.page.get_by_role("button", name="Close").click()
    for each in (ana, ben):
        expect(each.notices).to_contain_text(["Ana ended this conversation"])
        expect(each.remnants).to_contain_text(BEGUN)
        expect(each.writing).to_have_count(0)
        expect(each.page.get_by_role("textbox", name="Message")).to_be_hidden()
        expect(each.page.get_by_text("This conversation has ended.")).to_be_visible()
    ben.shoot("desktop-ended")

    assert ana.offered(ana.message("Say it again")) == ["Copy text", "Delete…"]
    assert_reads_the_same(ben)
