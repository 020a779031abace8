"""Long histories, what is new, answers, mentions and who is there."""

import re
from typing import Any

from playwright.sync_api import Browser, expect

from local.harness import Running
from tests.e2e.axe import assert_accessible
from tests.e2e.scenes import silence_assistants
from tests.e2e.test_looks import PHONE, assert_fits
from tests.e2e.visitor import Visitor, second_tab, visitor

MOST_NODES = 200
MOST_ADDED = 30
"""Nodes, also text, of which one row consists, and of a row that leaves for it."""
MOST_LOOKS = 10
"""At the members of conversations, for one that has moved."""
LONG_HISTORY = """async () => {
    const load = path => import(new URL(path, location.origin));
    const [{ ChatView }, { Log }, { Reading }, { systemClock }] = await Promise.all(
        ["views/chat.js", "wireside/log.js", "wireside/reading.js", "wireside/clock.js"].map(load));
    const ben = { id: "ben", name: "Ben", type: "human", role: "member" };
    const event = seq => ({
        seq, n: seq, kind: "message", at: new Date(seq * 600_000).toISOString(), sender: ben,
        body: { text: `number ${seq}. ` + "and more words ".repeat(seq % 37), ...(seq === 9_001 && { reply_to: 3 }) },
    });
    const all = Array.from({ length: 10_000 }, (_, index) => event(index + 1));
    const log = new Log();
    log.begin(all.slice(-50), 10_000);
    const nothing = () => {};
    const told = [];
    const reading = new Reading(systemClock, { tell: seq => told.push(seq), onChange: nothing });
    reading.opened({ readSeq: 9_000, unread: 1_000, head: 10_000, isAnother: false });
    const conversation = { members: [ben], id: "c", title: "Long", head: 10_000, n: 10_000 };
    const room = { phase: "live", log, conversation, streams: { inFlight: [] }, present: new Set() };
    const thread = { room, reading, writer: { pending: [] }, stopper: { isStopping: false }, typists: { ids: [] } };
    const loadEarlier = async () => { log.prepend(all.slice(Math.max(0, log.start - 300), log.start)); chat.render(); };
    const chat = new ChatView(
        { thread, userId: "ana", draft: { text: "", replyTo: null }, status: document.createElement("p"), models: () => [], roles: () => [] },
        new Proxy({ loadEarlier, keep: nothing }, { get: (known, name) => known[name] ?? nothing }));
    document.querySelector(".pane").replaceChildren(chat.node);
    const rows = chat.node.querySelector("ol.rows");
    const frame = chat.node.querySelector(".timeline");
    let added = 0;
    new MutationObserver(changes => { for (const each of changes) added += each.addedNodes.length; })
        .observe(rows, { childList: true, subtree: true });
    const settled = async () => { for (let turn = 0; turn < 3; turn++) await new Promise(requestAnimationFrame); };
    const drawn = async () => { added = 0; chat.render(); await settled(); return added; };
    await drawn();
    window.scene = {
        told, settled,
        nodes: () => rows.children.length,
        start: () => log.start,
        add: () => { log.add([event(log.through + 1)]); return drawn(); },
        write: text => {
            room.streams.inFlight = [{ runId: "r", participant: "assistant:demo", triggerSeq: 1, offset: 0, text, state: "writing" }];
            return drawn();
        },
        finish: text => {
            const body = { text, run_id: "r", trigger_seq: 1, model: "demo", finish_reason: "stop" };
            const sender = { id: "assistant:demo", name: "Demo", type: "assistant" };
            room.streams.inFlight = [];
            log.add([{ ...event(log.through + 1), sender, body }]);
            return drawn();
        },
        react: () => {
            const body = { target_seq: log.through, emoji: "🔥", on: true };
            log.add([{ ...event(log.through + 1), kind: "reacted", body }]);
            return drawn();
        },
        select: name => {
            const node = rows.querySelector(`.from-assistant ${name}`);
            getSelection().selectAllChildren(node);
            return getSelection().toString();
        },
        load: async () => { await loadEarlier(); await settled(); return log.start; },
        top: seq => rows.querySelector(`[data-seq="${seq}"]`)?.getBoundingClientRect().top ?? null,
        inSight: () => {
            const box = frame.getBoundingClientRect();
            const found = [...rows.querySelectorAll("[data-seq]")].filter(row => {
                const { top, bottom } = row.getBoundingClientRect();
                return bottom > box.top + 1 && top < box.bottom - 1;
            });
            return found.map(row => Number(row.dataset.seq));
        },
    };
}"""


def scene(page: Any, call: str) -> Any:
    """Return what a call of the long history answers."""
    return page.evaluate(f"() => window.scene.{call}")


def test_ten_thousand_messages_scroll_with_few_nodes_and_keep_their_place(
    running: Running, ana: Visitor
) -> None:
    page = ana.page
    ana.sign_in(running.http_url)
    page.evaluate(LONG_HISTORY)
    assert scene(page, "inSight()")[-1] == 10_000
    assert scene(page, "told")[-1] == 10_000

    page.get_by_role("button", name="1,000 new messages").click()
    expect(page.locator('[data-seq="9001"]')).to_be_focused()
    expect(page.locator(".new-line")).to_be_in_viewport()
    assert scene(page, "start()") == 8_750
    nodes = [scene(page, "nodes()")]
    ana.shoot("desktop-long")
    before = scene(page, "top(9_001)")
    assert scene(page, "load()") == 8_450
    assert abs(scene(page, "top(9_001)") - before) < 2
    assert scene(page, "add()") < MOST_ADDED
    assert abs(scene(page, "top(9_001)") - before) < 2

    page.get_by_role("log").press("End")
    expect(page.locator('[data-seq="10001"]')).to_be_in_viewport()
    assert scene(page, "add()") < MOST_ADDED
    assert scene(page, "write('so')") < MOST_ADDED
    assert scene(page, "write('so it goes on')") < MOST_ADDED
    expect(page.locator("li.writing")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Go to the newest message")).to_be_hidden()
    page.get_by_role("log").hover()
    for _ in range(12):
        page.mouse.wheel(0, -900)
        scene(page, "settled()")
        nodes.append(scene(page, "nodes()"))
    seqs = scene(page, "inSight()")
    assert seqs == list(range(seqs[0], seqs[-1] + 1))
    assert seqs[0] < 9_980

    page.evaluate("() => document.querySelector('.timeline').scrollTo(0, 0)")
    while scene(page, "start()") > 8_200:
        page.mouse.wheel(0, -5_000)
        scene(page, "settled()")
        nodes.append(scene(page, "nodes()"))
    page.get_by_role("log").press("End")
    expect(page.locator("li.writing")).to_be_in_viewport()
    assert max(nodes) < MOST_NODES


LONG_LIST = """async () => {
    const load = path => import(new URL(path, location.origin));
    const [{ ListView }, { Inbox }] = await Promise.all(["views/list.js", "wireside/inbox.js"].map(load));
    let looks = 0;
    const members = [{ id: "ben", name: "Ben", type: "human" }];
    const made = number => ({
        id: `c${number}`, title: `number ${number}`, last_at: new Date(2e12 - number * 1_000).toISOString(), head: 1, n: 1, unread: 0,
        get members() { looks += 1; return members; },
    });
    const all = Array.from({ length: 2_000 }, (_, index) => made(index));
    const conversations = async (cursor, limit = 100) => {
        const from = Number(cursor ?? 0);
        return { items: all.slice(from, from + limit), cursor: from + limit < all.length ? String(from + limit) : "" };
    };
    const nothing = () => {};
    const inbox = new Inbox({ conversations }, nothing);
    const view = new ListView({ user: { id: "ana", name: "Ana" }, status: document.createElement("p") }, {
        create: nothing, signOut: nothing, account: nothing, more: nothing, find: nothing,
    });
    document.body.replaceChildren(view.node);
    await inbox.refresh();
    while (inbox.hasMore) await inbox.loadMore();
    view.render(inbox, null);
    const list = view.node.querySelector(".conversations");
    let added = 0;
    const watch = new MutationObserver(nothing);
    watch.observe(list, { childList: true, subtree: true });
    looks = 0;
    inbox.follow({ conversation_id: "c1500", head: 2, n: 2, title: "moved", at: new Date(3e12).toISOString() });
    view.render(inbox, null);
    for (const each of watch.takeRecords()) added += each.addedNodes.length;
    const texts = [...list.children].slice(0, 3).map(each => each.querySelector(".title").textContent);
    return { drawn: list.children.length, looks, added, texts };
}"""


def test_of_two_thousand_conversations_only_what_changed_is_looked_at(
    running: Running, browser: Browser
) -> None:
    with visitor(browser, "Ana") as ana:
        ana.page.goto(running.http_url)

        seen = ana.page.evaluate(LONG_LIST)

        assert seen["drawn"] == 2_000
        assert seen["texts"] == ["moved", "number 0", "number 1"]
        assert seen["added"] == 1
        assert seen["looks"] <= MOST_LOOKS


def test_what_is_selected_in_an_answer_stays_so_when_it_is_complete(
    running: Running, ana: Visitor
) -> None:
    page = ana.page
    ana.sign_in(running.http_url)
    page.evaluate(LONG_HISTORY)
    text = "So **it begins**, see [this](https://example.com/).\n\n```js\nlet a = 1;\n"
    scene(page, f"write({text!r})")
    selected = "getSelection().toString()"

    for name in ("strong", "pre code"):
        assert scene(page, f"write({text!r})") == 0
        words = scene(page, f"select('{name}')")
        assert words
        text += "let b = 2;\n"
        scene(page, f"write({text!r})")
        assert page.evaluate(selected).startswith(words)
    page.evaluate("document.querySelector('.from-assistant .prose a').focus()")
    scene(page, "select('strong')")
    page.evaluate("window.answer = document.querySelector('.from-assistant strong')")
    scene(page, f"finish({text + '```'!r})")
    assert page.evaluate(selected) == "it begins"
    assert page.evaluate("window.answer.isConnected")
    expect(page.get_by_role("link", name="this")).to_be_focused()
    expect(page.locator(".from-assistant .hljs-keyword")).to_have_count(3)
    scene(page, "select('pre code')")
    scene(page, "react()")
    assert page.evaluate(selected).startswith("let a = 1;\nlet b = 2;")
    assert page.evaluate("window.answer.isConnected")


def test_a_quote_leads_back_to_the_beginning_of_ten_thousand_messages(
    running: Running, ana: Visitor
) -> None:
    page = ana.page
    ana.sign_in(running.http_url)
    page.evaluate(LONG_HISTORY)
    page.get_by_role("button", name="1,000 new messages").click()

    quote = page.locator('[data-seq="9001"]').get_by_role("button", name="In answer to")
    expect(quote).to_contain_text("An earlier message")
    quote.press("Enter")

    expect(page.locator('[data-seq="3"]')).to_be_focused()
    expect(page.locator('[data-seq="3"]')).to_be_in_viewport()
    expect(page.locator('[data-seq="3"]')).to_have_attribute("aria-setsize", "10000")
    expect(page.get_by_text("The beginning")).to_have_count(1)
    assert scene(page, "start()") == 0
    assert scene(page, "nodes()") < MOST_NODES


def test_people_answer_and_mention_each_other_and_see_what_is_new(
    running: Running, browser: Browser
) -> None:
    with visitor(browser, "Ana") as ana, visitor(browser, "Ben", PHONE) as ben:
        meet(running, ana, ben)
        mention(ana, ben)
        answer(ana, ben)
        come_back(running, ana, ben)


def meet(running: Running, ana: Visitor, ben: Visitor) -> None:
    """Both are in one conversation and see each other there."""
    ana.sign_in(running.http_url)
    ben.sign_in(running.http_url)
    ana.create("Who said what")
    silence_assistants(running, ana)
    ana.invite("Ben")
    expect(ana.page.locator(".person.present")).to_have_count(0)
    ben.enter("Who said what")
    expect(ana.page.locator(".person.present")).to_have_text("Ben (here)")


def mention(ana: Visitor, ben: Visitor) -> None:
    """Ana names Ben with the keyboard, Ben names Ana with the pointer."""
    box = ana.page.get_by_role("textbox", name="Message")
    offered = ana.page.get_by_role("option")
    box.press_sequentially("Are you there, @")
    expect(offered).to_have_count(2)
    box.press_sequentially("b")
    expect(offered).to_have_text(["BBen"])
    expect(box).to_have_attribute("aria-activedescendant", "mention-list-0")
    ana.shoot("desktop-mention")
    assert_accessible(ana.page)
    box.press("Escape")
    expect(offered).to_have_count(0)
    box.press_sequentially("e")
    expect(offered).to_have_count(0)
    box.press("Backspace")
    box.press("Backspace")
    box.press("Backspace")
    box.press_sequentially("@")
    box.press("ArrowUp")
    box.press("ArrowDown")
    box.press("Enter")
    expect(box).to_have_value("Are you there, @Ben ")
    box.press_sequentially("?")
    box.press("Enter")
    called = ben.message("Are you there")
    expect(called.locator(".mention.me")).to_have_text("@Ben")
    expect(called).to_contain_text("mentions you")
    expect(ana.message("Are you there").locator(".mention")).to_have_text("@Ben")
    ben.page.get_by_role("textbox", name="Message").press_sequentially("By the fire, @a")
    ben.shoot("phone-mention")
    ben.page.get_by_role("option").filter(has_text="Ana").click()
    ben.page.keyboard.press("Enter")
    expect(ana.message("By the fire")).to_contain_text("mentions you")


def answer(ana: Visitor, ben: Visitor) -> None:
    """Ben answers a message, which is quoted until it is deleted, and leads back to it."""
    ben.act(ben.message("Are you there"), "Reply")
    chosen = ben.page.locator(".replying")
    expect(chosen).to_contain_text("Answering Ana: Are you there, @Ben")
    ben.page.keyboard.press("Escape")
    expect(chosen).to_be_hidden()
    ben.act(ben.message("Are you there"), "Reply")
    ben.page.get_by_role("textbox", name="Message").fill("Yes, I")
    ben.page.reload()
    expect(chosen).to_contain_text("Answering Ana")
    expect(ben.page.get_by_role("textbox", name="Message")).to_have_value("Yes, I")
    ben.shoot("phone-replying")
    assert_accessible(ben.page)
    ben.write("Yes, I am")
    quote = ana.message("Yes, I am").get_by_role("button", name="In answer to Ana")
    expect(quote).to_contain_text("Are you there")
    quote.press("Enter")
    expect(ana.message("Are you there").first).to_be_focused()
    expect(chosen).to_be_hidden()
    assert_fits(ben.page)
    ana.shoot("desktop-answer")
    ben.shoot("phone-answer")
    for each in (ana, ben):
        expect(each.page.locator(".new-line")).to_have_count(0)
    ana.delete(ana.message("Are you there").first)
    for each in (ana, ben):
        expect(each.message("Yes, I am")).to_contain_text("A message that was deleted")


def come_back(running: Running, ana: Visitor, ben: Visitor) -> None:
    """What came while Ben was away is counted in his list, stands below a line, and then is read."""
    go_away(ana, ben, 18)
    entry = ben.page.locator(".conversations a").filter(has_text="Who said what")
    expect(entry.locator(".new")).to_have_text("18 unread")
    expect(ben.page).to_have_title(re.compile(r"^\(\d+\) Wireside$"))
    ben.shoot("phone-unread")
    ben.enter("Who said what")
    line = ben.page.locator(".new-line")
    expect(line).to_be_in_viewport()
    expect(ben.message("18 more, 1.")).to_be_in_viewport()
    expect(ben.message("18 more, 18.")).not_to_be_in_viewport()
    second = ben.message("18 more, 2.")
    expect(second.get_by_role("time")).to_have_css("opacity", "0")
    second.hover()
    expect(second.get_by_role("time")).to_have_css("opacity", "1")
    ben.shoot("phone-new")
    assert_accessible(ben.page)
    ben.page.get_by_role("button", name="Go to the newest message").click()
    expect(ben.message("18 more, 18.")).to_be_in_viewport()
    expect(ben.page).to_have_title(re.compile(r"Who said what · Wireside$"))
    elsewhere = second_tab(ben)
    elsewhere.sign_in(running.http_url)
    read = elsewhere.page.locator(".conversations a").filter(has_text="Who said what")
    expect(read).to_be_visible()
    expect(read.locator(".new")).to_have_count(0)


def go_away(ana: Visitor, ben: Visitor, count: int) -> None:
    """Ben leaves, Ana writes, and Ben's page begins anew with his list."""
    ben.page.get_by_role("button", name="Back to the list").click()
    expect(ana.page.locator(".person.present")).to_have_count(0)
    for number in range(1, count + 1):
        ana.write(f"{count} more, {number}.")
    expect(ana.pending).to_have_count(0)
    ben.page.reload()
