/** @import {Api} from "./api.js" */
/** @import {Conversation, Frame} from "./types.js" */

/** Where more than this many counts are asked for at once, reading the list again costs less. */
const MOST_ASKED = 5;

/** The list of my conversations, most recent activity first. */
export class Inbox {
  #api;
  #onChange;
  #cursor = "";
  #isLoading = false;
  /** @type {Map<string, number>} ids of what was left or deleted, with the head that was known of it */
  #gone = new Map();
  /** @type {Map<string, number>} how many messages of each were looked at, before the service counts them as read */
  #seen = new Map();
  /** @type {Set<string>} ids of those whose count is asked for */
  #asked = new Set();
  /** @type {Conversation[] | null} `null` until the list has come for the first time */
  conversations = null;
  /** Grows with every change. */
  revision = 0;

  /**
   * @param {Pick<Api, "conversations" | "conversation">} api
   * @param {() => void} onChange
   */
  constructor(api, onChange) {
    this.#api = api;
    this.#onChange = onChange;
  }

  /** Whether there are conversations that were not read yet. */
  get hasMore() {
    return this.#cursor !== "";
  }

  /** Whether more of them are on their way. */
  get isLoading() {
    return this.#isLoading;
  }

  /**
   * Read the newest of the list again. Where that is not all of it, what is missing in it stays: it may
   * have moved on to a later page. Raises `WiresideError`.
   *
   * @param {number} [limit] how many to look at, where the list has come before
   */
  async refresh(limit) {
    const isFirst = this.conversations === null;
    const { items, cursor = "" } = await this.#api.conversations("", isFirst ? undefined : limit);
    if (isFirst || !cursor) this.#cursor = cursor;
    this.#replace(cursor ? this.#merged(items) : items);
  }

  /** Read the next page. Raises `WiresideError`. */
  async loadMore() {
    if (this.#isLoading || !this.hasMore) return;
    this.#isLoading = true;
    this.#changed();
    try {
      const { items, cursor = "" } = await this.#api.conversations(this.#cursor);
      this.#cursor = cursor;
      this.#replace(this.#merged(items));
    } finally {
      this.#isLoading = false;
      this.#changed();
    }
  }

  /**
   * @param {string} id
   * @returns {Conversation | undefined}
   */
  find(id) {
    return this.conversations?.find((conversation) => conversation.id === id);
  }

  /**
   * @param {Conversation} conversation
   * @returns {number} messages that were neither read nor looked at
   */
  unread({ id, n, unread = 0 }) {
    return Math.max(0, Math.min(unread, n - (this.#seen.get(id) ?? 0)));
  }

  /** How many messages there are, in all that is loaded of the list, that were neither read nor looked at. */
  get unreadCount() {
    return (this.conversations ?? []).reduce((sum, each) => sum + this.unread(each), 0);
  }

  /**
   * Put what is known better into the list: a new conversation, or an open one.
   *
   * @param {Conversation} conversation
   */
  note(conversation) {
    this.#gone.delete(conversation.id);
    this.#replace([...(this.conversations ?? []).filter(({ id }) => id !== conversation.id), conversation]);
  }

  /**
   * Take over what an open conversation knows by its events. Names that are made from a first
   * message are no events: they stand in the list alone.
   *
   * @param {Conversation} conversation
   * @param {number | null} [unread] how many messages of it are, where that is known
   */
  update(conversation, unread = null) {
    const known = this.find(conversation.id);
    if (!known || known.head > conversation.head) return;
    if (unread !== null) this.#seen.set(known.id, conversation.n - unread);
    const { operator: _operator, help: _help, shared: _shared, ...before } = known;
    const title = conversation.title ?? known.title;
    const { read_seq } = known;
    const updated = { ...before, ...conversation, title, read_seq, unread: unread ?? unreadAt(known, conversation.n) };
    if (JSON.stringify(updated) !== JSON.stringify(known)) this.note(updated);
  }

  /**
   * Move a conversation up. How many messages there are says nothing of whose they are: what one has
   * sent oneself, from another device, is read. So the service is asked how many are not, once it is shown.
   *
   * @param {Frame} activity
   * @param {{isShown?: boolean}} [how] where nobody looks at the list, all that came is counted until it is read again
   * @returns {boolean} whether the list has to be read again: it says something of a stranger, or of too many
   */
  follow({ conversation_id: id = "", head, n, title, at }, { isShown = false } = {}) {
    const known = this.find(id);
    if (!known) return true;
    const isAsked = isShown && this.#asked.size < MOST_ASKED;
    this.note({ ...known, head, n, title, last_at: at, unread: isAsked ? (known.unread ?? 0) : unreadAt(known, n) });
    if (isAsked && !this.#asked.has(id)) void this.#count(id, known);
    return isShown && !isAsked;
  }

  /**
   * @param {string} id
   * @param {Conversation} before as it was when its messages were counted last
   */
  async #count(id, before) {
    this.#asked.add(id);
    const counted = await this.#api.conversation(id).catch(() => before);
    this.#asked.delete(id);
    const known = this.find(id);
    if (known) this.note({ ...known, unread: unreadAt(counted, known.n) });
  }

  /** @param {string} id of what was left or deleted: it stays away until something new happens in it */
  drop(id) {
    const known = this.find(id);
    if (!known) return;
    this.#gone.set(id, known.head);
    this.#replace((this.conversations ?? []).filter((each) => each !== known));
  }

  /**
   * @param {Conversation[]} items
   * @returns {Conversation[]} them, and what else is known
   */
  #merged(items) {
    const ids = new Set(items.map(({ id }) => id));
    return [...(this.conversations ?? []).filter(({ id }) => !ids.has(id)), ...items];
  }

  /** @param {Conversation[]} conversations */
  #replace(conversations) {
    const there = conversations.filter(({ id, head }) => head > (this.#gone.get(id) ?? -1));
    this.conversations = there.sort(byActivity);
    this.#changed();
  }

  #changed() {
    this.revision += 1;
    this.#onChange();
  }
}

/**
 * @param {Conversation} known
 * @param {number} n how many messages there are by now
 * @returns {number} how many of them are not read
 */
function unreadAt({ n: before, unread = 0 }, n) {
  return unread + Math.max(0, n - before);
}

/**
 * @param {Conversation} a
 * @param {Conversation} b
 */
function byActivity(a, b) {
  return b.last_at < a.last_at ? -1 : Number(b.last_at > a.last_at);
}
