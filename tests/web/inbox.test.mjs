import assert from "node:assert/strict";
import { test } from "node:test";
import { Inbox } from "../../web/wireside/inbox.js";
import { conversation } from "./fakes.mjs";

/** A list of mine that a test holds, in pages. */
class Lists {
  asked = [];

  constructor(...pages) {
    this.pages = pages;
  }

  limits = [];

  async conversations(cursor = "", limit = 100) {
    this.asked.push(cursor);
    this.limits.push(limit);
    const at = Number(cursor || 0);
    const items = structuredClone(this.pages[at] ?? []);
    return { items, ...(at + 1 < this.pages.length && { cursor: String(at + 1) }) };
  }

  async conversation(id) {
    this.asked.push(id);
    return structuredClone(this.pages.flat().find((each) => each.id === id));
  }
}

function listed(id, minute, more = {}) {
  return conversation({ id, last_at: `2026-01-01T00:${String(minute).padStart(2, "0")}:00.000Z`, unread: 0, ...more });
}

function inboxOf(...pages) {
  const lists = new Lists(...pages);
  return { lists, inbox: new Inbox(lists, () => {}) };
}

const HIDDEN = { isShown: false };
const SHOWN = { isShown: true };
const idsOf = ({ conversations }) => conversations.map(({ id }) => id).join(" ");

test("what was active last comes first", async () => {
  const { inbox } = inboxOf([listed("old", 1), listed("new", 9), listed("middle", 5)]);

  await inbox.refresh();
  inbox.follow({ conversation_id: "old", head: 4, n: 4, title: "Old", at: "2026-01-01T00:30:00.000Z" }, HIDDEN);

  assert.equal(idsOf(inbox), "old new middle");
});

test("pages join, and a refresh of the first one loses nothing of the others", async () => {
  const { inbox, lists } = inboxOf([listed("a", 9), listed("b", 8)], [listed("c", 7), listed("b", 8)], [listed("d", 1)]);

  await inbox.refresh();
  assert.equal(inbox.hasMore, true);
  await inbox.loadMore();
  await inbox.refresh();
  assert.equal(idsOf(inbox), "a b c");
  await inbox.loadMore();
  await inbox.loadMore();

  assert.equal(idsOf(inbox), "a b c d");
  assert.equal(inbox.hasMore, false);
  assert.deepEqual(lists.asked, ["", "1", "", "2"]);
});

test("the first time the list is asked for whole, and again for as much as is wanted", async () => {
  const { inbox, lists } = inboxOf([listed("a", 9)]);

  await inbox.refresh(30);
  await inbox.refresh(30);
  await inbox.refresh();

  assert.deepEqual(lists.limits, [100, 30, 100]);
});

test("a page is asked for once at a time, and again after it failed", async () => {
  const { inbox, lists } = inboxOf([listed("a", 9)], [listed("b", 8)]);
  await inbox.refresh();
  const { conversations } = lists;

  lists.conversations = () => Promise.reject(new Error("no"));
  await assert.rejects(inbox.loadMore());
  assert.equal(inbox.isLoading, false);
  lists.conversations = conversations;
  await Promise.all([inbox.loadMore(), inbox.loadMore()]);

  assert.equal(idsOf(inbox), "a b");
  assert.deepEqual(lists.asked, ["", "1"]);
});

test("activity counts as unread until it is looked at, whatever the service still says", async () => {
  const { inbox, lists } = inboxOf([listed("a", 1, { head: 3, n: 3, unread: 1 })]);
  const unread = () => inbox.unread(inbox.find("a"));

  await inbox.refresh();
  inbox.follow({ conversation_id: "a", head: 6, n: 5, title: null, at: "2026-01-01T00:02:00.000Z" }, HIDDEN);
  assert.equal(unread(), 3);
  inbox.update(listed("a", 2, { head: 6, n: 5 }), 0);
  assert.equal(unread(), 0);
  assert.equal(inbox.unreadCount, 0);
  lists.pages = [[listed("a", 3, { head: 7, n: 6, unread: 4 })]];
  await inbox.refresh();

  assert.equal(unread(), 1);
  assert.equal(inbox.unreadCount, 1);
});

test("what was sent from another device is not counted, what others sent is, and no number flickers", async () => {
  const { inbox, lists } = inboxOf([listed("a", 1, { head: 3, n: 3, unread: 1 })]);
  const activity = (n) => ({ conversation_id: "a", head: n, n, title: null, at: "2026-01-01T00:02:00.000Z" });
  const shown = [];
  const tell = async (n, unread) => {
    if (unread !== null) lists.pages = [[listed("a", 2, { head: n, n, unread })]];
    inbox.follow(activity(n), SHOWN);
    shown.push(inbox.unread(inbox.find("a")));
    await new Promise(setImmediate);
    return inbox.unread(inbox.find("a"));
  };
  await inbox.refresh();

  assert.equal(await tell(4, 0), 0);
  assert.equal(await tell(6, 2), 2);
  lists.conversation = () => Promise.reject(new Error("no"));
  assert.equal(await tell(7, null), 3);
  assert.deepEqual(shown, [1, 0, 2]);
});

test("what happens while a count is on its way is in it, and many counts are one list", async () => {
  const rooms = ["a", "b", "c", "d", "e", "f"].map((id, at) => listed(id, 9 - at, { head: 3, n: 3, unread: 0 }));
  const { inbox, lists } = inboxOf(rooms);
  const activity = (id, n) => ({ conversation_id: id, head: n, n, title: null, at: "2026-01-01T00:20:00.000Z" });
  await inbox.refresh();
  lists.asked = [];

  lists.pages = [rooms.map((each) => ({ ...each, head: 4, n: 4, unread: 0 }))];
  assert.deepEqual(rooms.map(({ id }) => inbox.follow(activity(id, 4), SHOWN)), [false, false, false, false, false, true]);
  assert.equal(inbox.follow(activity("a", 6), HIDDEN), false);
  await new Promise(setImmediate);

  assert.deepEqual(lists.asked, ["a", "b", "c", "d", "e"]);
  assert.deepEqual([..."abf"].map((id) => inbox.unread(inbox.find(id))), [2, 0, 1]);
  assert.equal(inbox.follow(activity("stranger", 1), SHOWN), true);
});

test("an open conversation brings the list up to date, and takes nothing back", async () => {
  const { inbox } = inboxOf([listed("a", 1, { head: 3, n: 3, title: "Made up", operator: { id: "o", name: "Olga" } })]);
  await inbox.refresh();

  inbox.update(listed("a", 0, { head: 2, title: "Older" }));
  assert.equal(inbox.find("a").title, "Made up");
  inbox.update(listed("a", 2, { head: 5, n: 4, title: null, reply_policy: "off", read_seq: 0 }));

  const { title, operator, reply_policy: policy, unread } = inbox.find("a");
  assert.deepEqual({ title, operator, policy, unread }, { title: "Made up", operator: undefined, policy: "off", unread: 1 });
});

test("what was left stays away, though the list lags, until something happens in it", async () => {
  const { inbox, lists } = inboxOf([listed("a", 1, { head: 3 }), listed("b", 2)]);
  await inbox.refresh();

  inbox.drop("a");
  await inbox.refresh();
  assert.equal(idsOf(inbox), "b");
  lists.pages = [[listed("a", 9, { head: 5 }), listed("b", 2)]];
  await inbox.refresh();

  assert.equal(idsOf(inbox), "a b");
});

test("who is invited again sees the conversation at once", async () => {
  const { inbox } = inboxOf([listed("a", 1, { head: 3 })]);
  await inbox.refresh();

  inbox.drop("a");
  inbox.note(listed("a", 1, { head: 3 }));

  assert.equal(idsOf(inbox), "a");
});
