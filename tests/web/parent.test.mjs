import assert from "node:assert/strict";
import { test } from "node:test";
import { ParentApplication } from "../../web/wireside/parent.js";
import { FakeClock, settled } from "./fakes.mjs";

const APP = "https://app.example";
const OTHER_APP = "https://other.example";

/** A window in a frame, and what it hears and says. */
class FakeFrame {
  listeners = new Set();
  asked = [];
  location = { origin: "https://chat.example" };
  parent = { postMessage: (message, origin) => this.asked.push([message, origin]) };

  addEventListener = (_type, listener) => this.listeners.add(listener);
  removeEventListener = (_type, listener) => this.listeners.delete(listener);

  /** Let a message come in. */
  hear(data, { origin = APP, source = this.parent } = {}) {
    for (const listener of [...this.listeners]) listener({ data, origin, source });
  }
}

function scene({ frame = new FakeFrame(), origins = [APP] } = {}) {
  const clock = new FakeClock();
  const application = new ParentApplication(frame, origins, clock);
  const answer = { token: null, failed: false };
  application.token().then((token) => (answer.token = token), () => (answer.failed = true));
  return { frame, clock, application, answer };
}

test("the parent is asked at its own origin and nowhere else", () => {
  const { frame } = scene({ origins: [APP, OTHER_APP] });

  assert.deepEqual(frame.asked, [[{ type: "wireside.token_wanted" }, APP], [{ type: "wireside.token_wanted" }, OTHER_APP]]);
});

test("a token of the parent is believed, once", async () => {
  const { frame, answer } = scene();

  frame.hear({ type: "wireside.token", token: "jwt" });
  await settled();

  assert.equal(answer.token, "jwt");
  assert.equal(frame.listeners.size, 0);
});

for (const [what, data, from] of [
  ["another origin", { type: "wireside.token", token: "evil" }, { origin: "https://evil.example" }],
  ["an origin that begins alike", { type: "wireside.token", token: "evil" }, { origin: `${APP}.evil.example` }],
  ["another window of the same origin", { type: "wireside.token", token: "evil" }, { source: {} }],
  ["no window", { type: "wireside.token", token: "evil" }, { source: null }],
  ["the parent, with another type", { type: "token", token: "evil" }, {}],
  ["the parent, without a token", { type: "wireside.token" }, {}],
  ["the parent, with a token that is no text", { type: "wireside.token", token: { evil: true } }, {}],
  ["the parent, with an empty token", { type: "wireside.token", token: "" }, {}],
  ["the parent, as text", '{"type":"wireside.token","token":"evil"}', {}],
  ["the parent, as nothing", null, {}],
]) {
  test(`a message of ${what} is not believed`, async () => {
    const { frame, clock, answer } = scene();

    frame.hear(data, from);
    await settled();
    assert.equal(answer.token, null);

    clock.pass(10_000);
    await settled();
    assert.equal(answer.failed, true);
  });
}

test("nobody is there to ask outside a frame, or where no origin is configured", () => {
  const alone = new FakeFrame();
  alone.parent = alone;

  assert.equal(new ParentApplication(alone, [APP], new FakeClock()).isThere, false);
  assert.equal(new ParentApplication(new FakeFrame(), [], new FakeClock()).isThere, false);
  assert.equal(new ParentApplication(new FakeFrame(), [APP], new FakeClock()).isThere, true);
});

test("a React Native application is asked as text and answers from inside the page", async () => {
  const frame = new FakeFrame();
  const asked = [];
  frame.parent = frame;
  frame.ReactNativeWebView = { postMessage: (text) => asked.push(text) };
  const { answer, application } = scene({ frame, origins: [] });

  frame.hear({ type: "wireside.token", token: "evil" }, { source: frame, origin: "https://evil.example" });
  frame.hear({ type: "wireside.token", token: "jwt" }, { source: frame, origin: frame.location.origin });
  await settled();

  assert.equal(application.isThere, true);
  assert.deepEqual(asked, ['{"type":"wireside.token_wanted"}']);
  assert.equal(answer.token, "jwt");
});
