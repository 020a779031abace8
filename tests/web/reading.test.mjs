import assert from "node:assert/strict";
import { test } from "node:test";
import { mentionedIn, namedAt, offered } from "../../web/views/mentioning.js";
import { Drafts } from "../../web/wireside/drafts.js";
import { Inbox } from "../../web/wireside/inbox.js";
import { Reading } from "../../web/wireside/reading.js";
import { ANA, BEN, conversation, DEMO, FakeClock, FakeStorage, message, messages } from "./fakes.mjs";
import { Scene } from "./scene.mjs";

/** A reading, and what was told of it. */
function reader({ isUp = true } = {}) {
  const clock = new FakeClock();
  const told = [];
  const line = { isUp };
  const reading = new Reading(clock, { tell: (seq) => line.isUp && told.push(seq) > 0, onChange: () => {} });
  return { clock, told, reading, line };
}

/** The service says how far it was read, which is all of it unless told otherwise. */
const open = (reading, readSeq, more = {}) => reading.opened({ readSeq, unread: 0, head: readSeq, isAnother: false, ...more });

test("what was read is told once in two seconds, and the last of it in any case", () => {
  const { clock, told, reading } = reader();
  open(reading, 3);

  for (const seq of [2, 3, 4, 5, 6]) reading.see(seq);
  assert.deepEqual(told, [4]);
  clock.pass(1_999);
  reading.see(7);
  assert.deepEqual(told, [4]);
  clock.pass(1);
  assert.deepEqual(told, [4, 7]);

  reading.see(8);
  reading.close();
  assert.deepEqual(told, [4, 7, 8]);
  clock.pass(10_000);
  assert.deepEqual(told, [4, 7, 8]);
});

test("nothing is told before it is known what was read, nor what was read elsewhere or written here", () => {
  const { clock, told, reading } = reader();
  reading.see(5);
  open(reading, 4);
  reading.know(9);
  reading.see(8);
  clock.pass(5_000);

  assert.deepEqual([told, reading.seq], [[], 9]);
});

test("what could not be told is told after the reconnect, and another log begins anew", () => {
  const { clock, told, reading, line } = reader({ isUp: false });
  open(reading, 1, { unread: 4, head: 5 });
  reading.see(5);
  line.isUp = true;
  clock.pass(2_000);
  open(reading, 1, { unread: 4, head: 5 });
  assert.deepEqual([told, reading.newAfter], [[5], 1]);

  open(reading, 2, { isAnother: true });
  clock.pass(2_000);
  assert.deepEqual([told, reading.seq, reading.newAfter], [[5], 2, null]);
});

test("what comes while nobody looks is new, and what came before their eyes is not", () => {
  const { reading } = reader();
  open(reading, 3);
  reading.came(4, { isLookedAt: true });
  reading.see(4);
  assert.equal(reading.newAfter, null);

  for (const seq of [5, 6]) reading.came(seq, { isLookedAt: false });
  assert.equal(reading.newAfter, 4);
  reading.see(6);
  reading.came(7, { isLookedAt: false });
  assert.equal(reading.newAfter, 6);
  reading.wrote(8);
  assert.deepEqual([reading.newAfter, reading.seq], [null, 8]);
  open(reading, 8, { unread: 2, head: 11 });
  reading.wrote(7);
  assert.equal(reading.newAfter, 8);
});

test("the client tells what was read, and follows what was read in another tab", () => {
  const scene = new Scene(messages(3));
  const thread = scene.enter();

  thread.reading.see(2);
  assert.deepEqual(scene.socket.frames("read"), [{ action: "read", conversation_id: "c1", seq: 2 }]);
  scene.socket.push({ type: "read", conversation_id: "c1", seq: 3 });
  assert.equal(thread.reading.seq, 3);
  scene.tell(message(4, "mine", { sender: ANA }));
  assert.equal(thread.reading.seq, 4);
  scene.clock.pass(10_000);

  assert.equal(scene.socket.frames("read").length, 1);
});

test("who is there is told on entering and follows what comes", () => {
  const scene = new Scene(messages(1));
  const { room } = scene.enter();
  assert.deepEqual([...room.present], []);

  scene.socket.push({ type: "presence", conversation_id: "c1", user_id: "ben", on: true });
  assert.deepEqual([...room.present], ["ben"]);
  scene.socket.push({ type: "presence", conversation_id: "c1", user_id: "ben", on: false });
  scene.socket.push({ type: "presence", conversation_id: "c1", user_id: "eve", on: true });
  assert.deepEqual([...room.present], ["eve"]);
  scene.socket.drop();

  assert.deepEqual([...room.present], []);
});

test("an empty field ends the sign of writing, once", () => {
  const scene = new Scene(messages(1));
  scene.enter();
  const signs = () => scene.socket.frames("typing").map(({ on }) => on);

  scene.client.typing("c1", false);
  scene.client.typing("c1", true);
  scene.client.typing("c1", true);
  scene.client.typing("c1", false);
  scene.client.typing("c1", false);
  assert.deepEqual(signs(), [true]);
  scene.clock.pass(3_000);
  scene.client.typing("c1");
  scene.clock.pass(2_999);

  assert.deepEqual(signs(), [true, false]);
  scene.clock.pass(1);
  assert.deepEqual(signs(), [true, false, true]);
});

test("a message goes out with whom it mentions and what it answers", () => {
  const scene = new Scene(messages(2));
  scene.enter();

  scene.client.write("c1", "@Ben yes", { mentions: ["ben"], replyTo: 2 });
  scene.client.write("c1", "plain");
  scene.tell(message(3, "@Ben yes", { sender: ANA, client_id: "id1" }));

  const [first, second] = scene.socket.frames("send");
  assert.deepEqual([first.mentions, first.reply_to], [["ben"], 2]);
  assert.deepEqual(Object.keys(second).sort(), ["action", "after_seq", "client_id", "conversation_id", "text"]);
});

test("unread messages are counted up by activity and down by what is read", async () => {
  const listed = conversation({ id: "c1", n: 5, unread: 2, head: 9 });
  const inbox = new Inbox({ conversations: async () => ({ items: [listed] }) }, () => {});
  await inbox.refresh();
  const unread = () => inbox.find("c1").unread;

  inbox.follow({ type: "activity", conversation_id: "c1", head: 12, n: 8, title: null, at: "2026-01-01T00:00:00Z" });
  assert.equal(unread(), 5);
  inbox.update({ ...listed, head: 13, n: 9 }, 1);
  assert.equal(unread(), 1);
  inbox.update({ ...listed, head: 14, n: 10 });
  assert.equal(unread(), 2);
});

test("a draft is kept with what it answers", () => {
  const storage = new FakeStorage();
  const draftsOf = (userId) => new Drafts({ userId, storage, tell: () => {} });
  const drafts = draftsOf("ana");
  drafts.keep("c1", { text: "half a", replyTo: 7 });
  assert.deepEqual(draftsOf("ana").of("c1"), { text: "half a", replyTo: 7 });
  assert.deepEqual(draftsOf("ben").of("c1"), { text: "", replyTo: null });

  drafts.keep("c1", { text: "", replyTo: null });
  assert.deepEqual(drafts.of("c1"), { text: "", replyTo: null });
  storage.setItem("wireside.draft.ana.c1.reply", "-3x");
  assert.equal(drafts.of("c1").replyTo, null);
});

test("names are offered where an @ begins a word, as far as the caret", () => {
  assert.deepEqual(namedAt("Hello @Be", 9), { from: 6, word: "Be" });
  assert.deepEqual(namedAt("Hello @Be", 7), { from: 6, word: "" });
  assert.deepEqual(namedAt("(@", 2), { from: 1, word: "" });
  for (const text of ["ana@example", "no", "@a\nb", "@@", "x_@b", ""]) assert.equal(namedAt(text, text.length), null);
});

test("those are offered whose names, or words in them, begin like that, with or without accents", () => {
  const people = [{ id: "1", name: "Ana Lima" }, { id: "2", name: "Léa" }, { id: "3", name: "Benedikt von und zu Lichtenstein" }, { id: "4", name: "Lin" }];
  const names = (word) => offered(people, word).map(({ id }) => id).join("");

  assert.deepEqual([names(""), names("l"), names("LE"), names("benedikt v"), names("x")], ["1234", "2413", "2", "3", ""]);
});

test("those are mentioned whose whole names stand behind an @", () => {
  const people = [ANA, BEN, DEMO, { id: "am", name: "Ana Maria" }, { id: "b2", name: "Ben" }, { id: "odd", name: "a.b (c)" }, { id: "none", name: " " }];
  const ids = (text) => mentionedIn(text, people);

  assert.deepEqual(ids("@Ana and @demo!"), ["ana", "assistant:demo"]);
  assert.deepEqual(ids("@Ana Maria"), ["am"]);
  assert.deepEqual(ids("@Ana Maria and @ana"), ["ana", "am"]);
  assert.deepEqual(ids("@Ben"), ["ben", "b2"]);
  assert.deepEqual(ids("@a.b (c), @axb (c)"), ["odd"]);
  assert.deepEqual(ids("@Benny, mail@Ana, @Ana_x, @ , Ana"), []);
});
