"""What the scenes on the page have in common."""

import re
from collections.abc import Sequence

from playwright.sync_api import expect

from local.harness import Running
from tests.e2e.visitor import Visitor

COMPLETE = re.compile("exactly once into its log")
"""The end of what the demo assistant says."""
OPERATOR = ("user", "operator")
LONG = "Say it again: " + " ".join("abcdefghijklmnopqrstuvwxyz" * 7)
"""What the demo assistant quotes for some eight seconds, a letter every 40 ms."""


def together(running: Running, ana: Visitor, ben: Visitor, title: str) -> None:
    """Bring both into one new conversation."""
    ana.sign_in(running.http_url)
    ben.sign_in(running.http_url)
    ana.create(title)
    ana.invite("Ben")
    ben.enter(title)


def assert_same(ana: Visitor, ben: Visitor) -> None:
    """Both show the same rows, in the order of their seqs, without a gap and none twice."""
    expect(ana.pending).to_have_count(0)
    expect(ben.pending).to_have_count(0)
    newest = max(ana.seen()[-1][0], ben.seen()[-1][0])
    for each in (ana, ben):
        expect(each.page.locator(f'li[data-seq="{newest}"]')).to_have_count(1)
    assert ana.seen() == ben.seen()
    assert [seq for seq, _, _ in ana.seen()] == list(range(1, newest + 1))


def silence_assistants(running: Running, owner: Visitor) -> None:
    """Ask that assistants do not answer in the conversation that its owner has open."""
    conversation_id = owner.page.url.rsplit("/", 1)[1]
    token = running.token(owner.name.lower())
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "silence"}
    answer = owner.page.request.patch(
        f"{running.http_url}/v1/conversations/{conversation_id}",
        headers=headers,
        data={"reply_policy": "off"},
    )
    assert answer.ok


def deed(
    running: Running, someone: Visitor, path: str, *, sub: str, roles: Sequence[str] = ("user",)
) -> None:
    """Do something over HTTP to the conversation that ``someone`` has open.

    ``path`` names the conversation as ``{id}``.
    """
    token = running.token(sub, roles=roles)
    answer = someone.page.request.post(
        f"{running.http_url}/v1{path.format(id=someone.page.url.rsplit('/', 1)[1])}",
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": path.rsplit("/", 1)[1]},
    )
    assert answer.ok, answer.text()


def assert_reads_the_same(someone: Visitor) -> None:
    """What is shown now is what a page that knows nothing reads, each row of it.

    The line above what is new is no part of it: it tells of the reader's way.
    """
    expect(someone.pending).to_have_count(0)
    expect(someone.writing).to_have_count(0)
    rows = someone.page.locator("ol.rows > li:not(.new-line)")
    shown = rows.all_inner_texts()
    someone.page.reload()
    expect(rows).to_have_text(shown, use_inner_text=True)
