import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../../web/wireside.js";
import { ANA, FakeChannels, FakeClock, FakeLocks, FakeSocket, FakeStorage, messages, settled, SlowShelf, tokenOf } from "./fakes.mjs";
import { entry } from "./shelves.mjs";

const HOUR = { server_time: "2026-01-01T00:00:00Z", expires_at: "2026-01-01T01:00:00Z" };

/** A browser with tabs: what they share, and what each has of its own. */
class Browser {
  clock = new FakeClock();
  locks = new FakeLocks();
  localStorage = new FakeStorage();
  channels = new FakeChannels();

  /** Open a tab; `sessionStorage` is that of the tab before a reload, or a copy of another's. */
  async tab({ sessionStorage = new FakeStorage(), token = async () => tokenOf("ana", 3_600), ...more } = {}) {
    const sockets = [];
    const { clock, locks, localStorage, channels } = this;
    const wireside = await connect({
      api: "http://test", websocket: "ws://test", token, clock, fetch: unreachable,
      dial: (_, protocols) => (sockets.push(new FakeSocket(protocols)), sockets.at(-1)),
      place: { locks, localStorage, sessionStorage, channel: (name) => channels.open(name) }, ...more,
    });
    const told = [];
    for (const name of ["signedout", "token", "storage", "draft", "goodbye"]) wireside.on(name, (what) => told.push([name, what]));
    await settled();
    return { wireside, sockets, told, sessionStorage };
  }
}

async function unreachable() {
  throw new TypeError("nobody answers");
}

function welcome({ sockets }, more = {}) {
  sockets.at(-1).open();
  sockets.at(-1).push({ type: "welcome", user: ANA, limits: {}, models: [], ...HOUR, ...more });
}

/** Answer what waits to be opened. */
function opened({ sockets }, log = messages(3)) {
  const { ref, conversation_id } = sockets.at(-1).frames("open").at(-1);
  const head = log.length;
  sockets.at(-1).push({ type: "opened", ref, conversation_id, conversation: { id: conversation_id, members: [], head, n: head }, epoch: "1.a", head, n: head, runs: [] });
  sockets.at(-1).push({ type: "events", ref, conversation_id, epoch: "1.a", events: log, head, more: false });
}

const texts = (tab, id = "c1") => tab.wireside.open(id).pending.map(({ write }) => write.text);

test("what is sent becomes its event, and what is refused an error with its code", async () => {
  const tab = await new Browser().tab();
  const room = tab.wireside.open("c1");
  welcome(tab);
  opened(tab);
  const refused = [];
  room.on("refused", ({ refusal }) => refused.push(refusal.code));

  const sent = room.send("hello", { replyTo: 2, mentions: ["ben"] });
  const [{ client_id, ...frame }] = tab.sockets[0].frames("send");
  assert.deepEqual(frame, { action: "send", text: "hello", reply_to: 2, mentions: ["ben"], conversation_id: "c1", after_seq: 3 });
  const event = { ...messages(4)[3], sender: ANA, client_id };
  tab.sockets[0].push({ type: "event", conversation_id: "c1", epoch: "1.a", event });
  const late = room.edit(4, "x".repeat(10_001));

  assert.deepEqual(await sent, event);
  await assert.rejects(late, { name: "WiresideError", code: "text_too_long", isRetryable: false });
  assert.deepEqual(refused, ["text_too_long"]);
  assert.deepEqual(room.messages.map(({ seq }) => seq), [1, 2, 3, 4]);
});

test("a listener that fails keeps nothing from the others", async () => {
  const tab = await new Browser().tab();
  const room = tab.wireside.open("c1");
  const heard = [];
  const ended = new AbortController();
  room.on("change", () => heard.push("first"), { signal: ended.signal });
  const end = room.on("change", () => heard.push("second"));
  ended.abort();
  room.emit("change", undefined);
  end();
  room.emit("change", undefined);

  assert.deepEqual(heard, ["second"]);
});

test("without a token there is nobody to be", async () => {
  await assert.rejects(new Browser().tab({ token: async () => null }), { code: "no_token" });
  await assert.rejects(new Browser().tab({ token: async () => "no JWT" }), { code: "no_token" });
  await assert.rejects(new Browser().tab({ token: async () => Promise.reject(new Error("out of reach")) }), /out of reach/);
});

test("a reload keeps what was not sent; a tab beside it does not send it as well", async () => {
  const browser = new Browser();
  const tab = await browser.tab();
  tab.wireside.open("c1").send("unsent").catch(() => {});
  const copied = Object.assign(new FakeStorage(), tab.sessionStorage);
  const duplicate = await browser.tab({ sessionStorage: copied });
  assert.deepEqual(texts(duplicate), []);
  tab.wireside.stop();
  await settled();

  const reloaded = await browser.tab({ sessionStorage: tab.sessionStorage });

  assert.deepEqual([texts(reloaded), texts(duplicate)], [["unsent"], []]);
});

test("what a closed tab left is sent by one that lives", async () => {
  const browser = new Browser();
  const [closing, living] = [await browser.tab(), await browser.tab()];
  closing.wireside.open("c1").send("left behind").catch(() => {});
  closing.wireside.stop();
  await settled();

  browser.clock.pass(30_000);
  await settled();

  assert.deepEqual(texts(living), ["left behind"]);
  assert.deepEqual(Object.keys(browser.localStorage).filter((key) => key.startsWith("wireside.outbox.")).length, 1);
});

test("what somebody else in this browser has not sent stays theirs, also where one name begins like another", async () => {
  const browser = new Browser();
  browser.localStorage.setItem("wireside.outbox.ana.b.tab", JSON.stringify([entry("a")]));

  const tab = await browser.tab();

  assert.deepEqual(texts(tab), []);
  assert.notEqual(browser.localStorage.getItem("wireside.outbox.ana.b.tab"), null);
});

test("what was in localStorage before comes along to another shelf, and leaves there once it is stored", async () => {
  const [browser, shelf] = [new Browser(), new SlowShelf()];
  const sessionStorage = new FakeStorage();
  sessionStorage.setItem("wireside.tab", "mine");
  for (const tab of ["mine", "old"]) browser.localStorage.setItem(`wireside.outbox.ana.${tab}`, JSON.stringify([entry(tab)]));

  const tab = await browser.tab({ sessionStorage, shelf });
  assert.deepEqual(texts(tab), ["mine", "old"]);
  assert.equal(browser.localStorage.getItem("wireside.outbox.ana.mine") === null, false);
  while (shelf.writes.length > 0) await shelf.store();

  assert.deepEqual(Object.keys(browser.localStorage).filter((key) => key.startsWith("wireside.outbox.")), []);
  assert.deepEqual(shelf.boxes.get("wireside.outbox.ana.mine").map(({ clientId }) => clientId), ["mine", "old"]);
});

test("where locks cannot tell who lives, the page before may still be sending: the whole log is read first", async () => {
  const browser = new Browser();
  browser.locks = undefined;
  const tab = await browser.tab();
  tab.wireside.open("c1").send("twice?").catch(() => {});

  const duplicate = await browser.tab({ sessionStorage: Object.assign(new FakeStorage(), tab.sessionStorage) });

  assert.deepEqual(duplicate.wireside.open("c1").pending.map(({ write, afterSeq }) => [write.text, afterSeq]), [["twice?", 0]]);
});

test("who leaves in one tab has left in all of them, and nobody else has", async () => {
  const browser = new Browser();
  const [here, there] = [await browser.tab(), await browser.tab()];
  const ben = await browser.tab({ token: async () => tokenOf("ben", 3_600) });

  here.wireside.signOut();
  await settled();

  assert.deepEqual([here, there, ben].map(({ wireside }) => wireside.state), ["stopped", "stopped", "connecting"]);
  assert.deepEqual([here.told, there.told, ben.told], [[], [["signedout", { code: "" }]], []]);
});

/** What two people keep in a browser, and a third whose id begins as that of one of them. */
async function kept(browser, fetch) {
  const [here, there] = [await browser.tab({ fetch }), await browser.tab({ fetch })];
  const ben = await browser.tab({ token: async () => tokenOf("ben", 3_600) });
  for (const tab of [here, there, ben]) {
    tab.wireside.open("c1").send("unsent").catch(() => {});
    tab.wireside.drafts.keep("c2", { text: "begun", replyTo: 3 });
  }
  browser.localStorage.setItem("wireside.outbox.ana.closed", JSON.stringify([entry("left")]));
  for (const key of ["wireside.draft.ana.maria.c2", "wireside.outbox.ana.maria.t1"]) browser.localStorage.setItem(key, "hers");
  return { here, there, ben };
}

const OF_ANA = /^wireside\.(draft|outbox)\.ana\.(?!maria\.)/;
const keptOfAna = ({ localStorage }) => Object.keys(localStorage).filter((key) => OF_ANA.test(key));
const keptOfOthers = ({ localStorage }) => Object.keys(localStorage).filter((key) => /\.(ben|maria)\./.test(key));

test("who deletes their data leaves nothing of it in the browser, in no tab, and all that others keep there", async () => {
  const browser = new Browser();
  const asked = [];
  const fetch = async (url, { method }) => (asked.push(`${method} ${url}`), new Response('{"state":"under_way"}', { status: 202 }));
  const { here, there, ben } = await kept(browser, fetch);
  const others = keptOfOthers(browser);
  assert.equal(keptOfAna(browser).length, 5);

  await here.wireside.deleteMe();
  await settled();
  here.wireside.drafts.keep("c2", { text: "a last word", replyTo: null });
  there.wireside.wake();

  assert.deepEqual(asked, ["DELETE http://test/v1/me"]);
  assert.deepEqual(keptOfAna(browser), []);
  assert.equal(others.length, 5);
  assert.deepEqual(keptOfOthers(browser), others);
  assert.deepEqual([here, there, ben].map(({ wireside }) => wireside.state), ["stopped", "stopped", "connecting"]);
  assert.deepEqual(there.told.at(-1), ["signedout", { code: "forgotten" }]);
  assert.deepEqual([here.wireside.isUnsent, there.wireside.isUnsent, ben.wireside.isUnsent], [false, false, true]);
});

test("where the service refuses to delete somebody's data, nothing is lost in the browser either", async () => {
  const browser = new Browser();
  const fetch = async () => new Response("{}", { status: 401 });
  const { here, there } = await kept(browser, fetch);

  await assert.rejects(here.wireside.deleteMe(), { code: "unauthorized" });

  assert.equal(keptOfAna(browser).length, 5);
  assert.deepEqual([here, there].map(({ wireside }) => wireside.isUnsent), [true, true]);
});

test("who deleted their data on another device is signed out here, and nothing of theirs stays", async () => {
  const browser = new Browser();
  const { here, there, ben } = await kept(browser);
  welcome(here);

  here.sockets.at(-1).push({ type: "goodbye", reason: "removed", reconnect: false });
  await settled();
  here.wireside.wake();

  assert.deepEqual(here.told.slice(-2), [["goodbye", { reason: "removed", reconnect: false }], ["signedout", { code: "forgotten" }]]);
  assert.deepEqual([here, there, ben].map(({ wireside }) => wireside.state), ["stopped", "stopped", "connecting"]);
  assert.deepEqual(keptOfAna(browser), []);
  assert.equal(keptOfOthers(browser).length, 5);
});

test("a fresh token is asked for by one tab and serves all of them", async () => {
  const browser = new Browser();
  let asked = 0;
  const fresh = async (count) => tokenOf("ana", 3_600 + count);
  const token = () => fresh((asked += 1));
  const tabs = [await browser.tab({ token }), await browser.tab({ token })];
  tabs.forEach((tab) => welcome(tab));
  const before = asked;

  for (let half = 0; half < 110; half += 1) {
    browser.clock.pass(30_000);
    for (const { sockets } of tabs) sockets[0].push({ type: "pong", heads: {} });
  }
  await settled();

  assert.equal(asked - before, 1);
  assert.deepEqual(tabs.map(({ sockets }) => sockets[0].frames("refresh").map(({ token }) => token)), [[await fresh(asked)], [await fresh(asked)]]);
  assert.deepEqual(tabs.map(({ told }) => told.filter(([name]) => name === "token").length), [1, 1]);
});

test("a token of somebody else, or an older one, is taken from no tab", async () => {
  const browser = new Browser();
  const tab = await browser.tab();
  welcome(tab);
  const channel = browser.channels.open("wireside.ana");

  for (const token of [tokenOf("ben", 9_999), tokenOf("ana", 3_600), "nonsense"]) channel.postMessage({ type: "token", token });
  await settled();
  assert.deepEqual(tab.sockets[0].frames("refresh"), []);
  channel.postMessage({ type: "token", token: tokenOf("ana", 7_200) });
  await settled();

  assert.deepEqual(tab.sockets[0].frames("refresh").map(({ token }) => token), [tokenOf("ana", 7_200)]);
});

test("where no fresh token is to be had without asking, the client stops and says why", async () => {
  const tab = await new Browser().tab({ firstToken: tokenOf("ana", 60), token: async () => null });
  welcome(tab);

  tab.sockets[0].push({ type: "goodbye", reason: "expired", reconnect: true });
  await settled();

  assert.deepEqual(tab.told, [["goodbye", { reason: "expired", reconnect: true }], ["signedout", { code: "token_expired" }]]);
  assert.equal(tab.wireside.state, "stopped");
});

test("a draft is seen in the other tabs, and a storage that is full keeps it for this one", async () => {
  const browser = new Browser();
  const [here, there] = [await browser.tab(), await browser.tab()];

  const begun = { text: "begun", replyTo: 3 };
  here.wireside.drafts.keep("c1", begun);
  await settled();
  assert.deepEqual(there.told, [["draft", { conversationId: "c1", draft: begun }]]);
  assert.deepEqual(there.wireside.drafts.of("c1"), begun);
  browser.localStorage.isFull = true;
  here.wireside.drafts.keep("c1", { text: "begun, and more", replyTo: null });

  assert.equal(here.wireside.drafts.of("c1").text, "begun, and more");
});

test("at most as many conversations are open as the service lets, and what waits is opened next", async () => {
  const browser = new Browser();
  const tab = await browser.tab();
  welcome(tab, { limits: { open_conversations: 2 } });
  const [first, second] = [tab.wireside.open("c1"), tab.wireside.open("c2")];
  assert.throws(() => tab.wireside.open("c3"), { code: "too_many_open" });
  opened(tab);
  opened(tab);

  first.close();
  tab.wireside.open("c3");
  const [socket] = tab.sockets;
  assert.deepEqual(socket.frames("open").map(({ conversation_id }) => conversation_id), ["c1", "c2"]);
  const [{ ref }] = socket.frames("close");
  socket.push({ type: "closed", ref, conversation_id: "c1" });

  assert.deepEqual(socket.frames("open").map(({ conversation_id }) => conversation_id), ["c1", "c2", "c3"]);
  assert.equal(second.phase, "live");
});

test("a client that was stopped in the middle of everything leaves nothing to be done", async () => {
  const browser = new Browser();
  const tab = await browser.tab();
  const room = tab.wireside.open("c1");
  welcome(tab);
  opened(tab);
  const unanswered = [room.send("in flight"), room.send("waiting")];
  room.type();
  room.stop();
  tab.sockets[0].push({ type: "typing", conversation_id: "c1", user_id: "ben", on: true });
  tab.sockets[0].push({ type: "pong", heads: { c1: 9 } });
  tab.wireside.open("c2");

  tab.wireside.stop();

  assert.equal(browser.clock.isIdle, true);
  for (const each of unanswered) await assert.rejects(each, { code: "stopped" });
  assert.throws(() => tab.wireside.open("c1"), { code: "stopped" });
});
