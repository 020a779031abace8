"""Connections that live for seconds: the page replaces them before they end, and nobody sees it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from local.harness import Running, local_run
from tests.e2e.visitor import PATIENCE_MS, Visitor, visitor
from tests.faults import fault

LIFETIME_SECONDS = 12
ROTATIONS = 2
WATCH = """() => {
    const seen = window.seen = {states: [], wrong: []};
    const look = () => {
        const state = document.querySelector('.list .status')?.textContent;
        if (state !== seen.states.at(-1)) seen.states.push(state);
        const seqs = [...document.querySelectorAll('li[data-seq]')].map(row => Number(row.dataset.seq));
        if (seqs.some((seq, index) => seq !== seqs[0] + index)) seen.wrong.push(seqs);
    };
    look();
    new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""
"""Notes every state shown, and every moment at which the rows have a gap or show one twice."""


@pytest.fixture(scope="module")
def short_lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return a system whose connections live for seconds."""
    variables = {
        "LOCAL_LIFETIME_SECONDS": str(LIFETIME_SECONDS),
        "WIRESIDE_CONNECTS_PER_MINUTE": "0",
    }
    with local_run(tmp_path_factory.mktemp("short-lived"), variables) as started:
        yield started


@pytest.fixture
def guest(browser: Browser) -> Iterator[Visitor]:
    """Return Ben, with nothing between him and the system."""
    with visitor(browser, "Ben") as someone:
        yield someone


@fault(18)
def test_connections_are_replaced_while_people_talk_and_nobody_sees_it(
    short_lived: Running, ana: Visitor, guest: Visitor
) -> None:
    both = (ana, guest)
    sockets: dict[str, int] = {each.name: 0 for each in both}
    for each in both:
        each.page.on(
            "websocket", lambda _, name=each.name: sockets.update({name: sockets[name] + 1})
        )
        each.sign_in(short_lived.http_url)
    ana.create("Around the clock")
    ana.invite("Ben")
    guest.enter("Around the clock")
    for each in both:
        expect(each.status).to_have_text("Connected")
        each.page.evaluate(WATCH)

    written = 0
    while min(sockets.values()) <= ROTATIONS:
        assert written < 100, sockets
        for each in both:
            written += 1
            each.write(f"{each.name} {written}.")
            expect(each.message(f"{each.name} {written}.")).to_be_visible()
    expect(ana.writing).to_have_count(0)
    # The assistant answers what came within two seconds at a time: on a slow machine it is behind.
    last = ana.answers.filter(has_text=re.compile(rf"Ben {written}\."))
    expect(last).to_have_count(1, timeout=4 * PATIENCE_MS)

    for each in both:
        expect(each.message(f"Ben {written}.")).to_be_visible()
        expect(each.pending).to_have_count(0)
        assert each.page.evaluate("window.seen") == {"states": ["Connected"], "wrong": []}
    assert ana.seen() == guest.seen()
    texts = [text for _, name, text in ana.seen() if name in sockets]
    assert len(texts) == len(set(texts)) == written
