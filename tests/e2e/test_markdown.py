"""What people and assistants write in Markdown, as the page shows it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from local.harness import Running
from tests.e2e.axe import assert_accessible
from tests.e2e.scenes import silence_assistants
from tests.e2e.visitor import Visitor, visitor
from tests.faults import fault

FIRST_LOAD_BYTES = 140_000
"""All that comes, compressed, until somebody reads what they wrote first, without code."""
GROWING = """
async (text) => {
  const { GrowingProse, prose } = await import("/views/prose.js");
  const whole = prose(text, { breaks: false });
  const growing = new GrowingProse({ breaks: false });
  document.body.replaceChildren(whole, growing.node);
  const shown = async (part) => {
    growing.show(part);
    while (!part.endsWith(growing.node.textContent.trim().slice(-1))) await new Promise(requestAnimationFrame);
  };
  await shown("First *words*\\n\\n- one");
  const [first, item] = [growing.node.querySelector("p"), growing.node.querySelector("li")];
  getSelection().selectAllChildren(item);
  for (let end = 24; end <= text.length; end += 7) growing.show(text.slice(0, end));
  growing.show(text);
  while (growing.node.innerHTML !== whole.innerHTML) await new Promise(requestAnimationFrame);
  return [first.isConnected, item.isConnected, getSelection().toString()];
}
"""
GROWN = "First *words*\n\n- one\n- two\n\n```js\nlet a = 1;\n```\n\n|a|b|\n|-|-|\n|c|`d`|\n\nLast."
CLEANED = """
async (html) => {
  const { clean } = await import("/views/clean.js");
  const made = [...clean(html).querySelectorAll("*")];
  return made.map(node => [node.localName, ...[...node.attributes].map(({ name, value }) => `${name}=${value}`)].join(" "));
}
"""
DIRTY = (
    '<img src=x onerror=alert(1)><svg onload=alert(2)><style>*{}</style><p id=a name=b style="x:y">c'
    '<a href="javascript:alert(3)">d</a><a href="//e.f">g</a><a href="https://h.i" target=_top ping=j>k</a>'
    "<form><input><button formaction=x>l</button></form><iframe srcdoc=m></iframe>"
    '<span class=hljs-o data-control=p aria-label=q popovertarget=r>s</span><base href="//t"></p>'
    "<math><mi//xlink:href=n>"
)


@fault(45)
def test_only_what_texts_are_made_of_gets_through_and_growing_moves_nothing(
    running: Running, ana: Visitor
) -> None:
    ana.page.goto(running.http_url)
    answer = ana.page.request.get(running.http_url)
    assert "require-trusted-types-for 'script'" in answer.headers["content-security-policy"]

    assert ana.page.evaluate(CLEANED, DIRTY) == [
        "p",
        "a",
        "a",
        "a href=https://h.i",
        "span class=hljs-o",
        "p",
    ]
    assert all("Content Security Policy" in each for each in ana.complaints)
    ana.complaints.clear()
    assert ana.page.evaluate(GROWING, GROWN) == [True, True, "one"]


def received(someone: Visitor) -> list[float]:
    """Return what grows by the bytes of the body of each answer, as they come over the line.

    Headers are left out: CloudFront's HTTP/2 and 3 say those of the first answer only once.
    """
    sizes: list[float] = []
    session = someone.page.context.new_cdp_session(someone.page)
    session.on("Network.dataReceived", lambda event: sizes.append(event["encodedDataLength"]))
    session.send("Network.enable")
    return sizes


@pytest.fixture
def zoe(browser: Browser) -> Iterator[Visitor]:
    """Return somebody who has no conversation yet."""
    with visitor(browser, "Zoe") as someone:
        yield someone


def test_code_has_colours_and_is_copied_by_its_button(running: Running, zoe: Visitor) -> None:
    ana, sizes = zoe, received(zoe)
    ana.sign_in(running.http_url)
    ana.create("Code")
    silence_assistants(running, ana)
    ana.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    loaded = "performance.getEntriesByName(new URL('/vendor/highlight.js', location)).length"

    ana.write("A picture &copy;: ![fox](https://example.com/fox.png)")
    picture = ana.message("A picture").get_by_role("link", name="fox")
    expect(picture).to_have_attribute("href", "https://example.com/fox.png")
    expect(ana.message("A picture ©")).to_be_visible()
    assert ana.page.evaluate(loaded) == 0
    assert sum(sizes) < FIRST_LOAD_BYTES
    ana.write("# A\n\n|a|b|\n|:-|-:|\n|c|`d`|\n\n> e\n\n- [x] f")
    ana.write("Look:\n```python\nreturn 'fire'\n```")
    expect(ana.message("Look").locator(".hljs-keyword")).to_have_text("return")
    assert ana.page.evaluate(loaded) == 1
    button = ana.message("Look").get_by_role("button", name="Copy code, python")
    button.focus()
    button.press("Enter")

    expect(ana.message("Look").get_by_role("status")).to_have_text("Copied")
    assert_accessible(ana.page)
    assert ana.page.evaluate("navigator.clipboard.readText()") == "return 'fire'\n"
    ana.act(ana.message("Look"), "Copy text")
    expect(ana.page.locator("[aria-live=polite]").filter(has_text="Copied.")).to_have_count(1)
    expect(ana.page.locator(".toast")).to_be_visible()
    copied = ana.page.evaluate("navigator.clipboard.readText()")
    assert copied == "Look:\n```python\nreturn 'fire'\n```"
