/** @import {Api} from "./api.js" */
/** @import {Conversation, Frame} from "./types.js" */

/** The list of my conversations, most recent activity first. */
export class Inbox {
  #api;
  #onChange;
  /** @type {Conversation[] | null} `null` until the list has come for the first time */
  conversations = null;
  /** @type {Set<string>} ids of those in which something happened while they were not shown */
  fresh = new Set();

  /**
   * @param {Api} api
   * @param {() => void} onChange
   */
  constructor(api, onChange) {
    this.#api = api;
    this.#onChange = onChange;
  }

  /** Read the list again. Raises `RequestFailed`. */
  async refresh() {
    const before = new Map((this.conversations ?? []).map(({ id, last_at }) => [id, last_at]));
    const isFirst = this.conversations === null;
    this.conversations = (await this.#api.conversations()).sort(byActivity);
    for (const { id, last_at } of this.conversations) {
      if (!isFirst && (before.get(id) ?? "") < last_at) this.fresh.add(id);
    }
    this.#onChange();
  }

  /**
   * @param {string} id
   * @returns {Conversation | undefined}
   */
  find(id) {
    return this.conversations?.find((conversation) => conversation.id === id);
  }

  /**
   * Put what is known better into the list: a new conversation, or an open one.
   *
   * @param {Conversation} conversation
   */
  note(conversation) {
    const others = (this.conversations ?? []).filter(({ id }) => id !== conversation.id);
    this.conversations = [...others, conversation].sort(byActivity);
    this.#onChange();
  }

  /**
   * Take over what an open conversation knows by its events. Names that are made from a first
   * message are no events: they stand in the list alone.
   *
   * @param {Conversation} conversation
   * @param {number | null} [unread] how many messages of it are, where that is known
   */
  update(conversation, unread = null) {
    const { id, members, head, n, last_at, ended_at } = conversation;
    const known = this.find(id);
    if (!known || known.head > head) return;
    const title = conversation.title ?? known.title;
    const updated = {
      ...known, members, head, n, last_at, title, unread: unread ?? unreadAt(known, n), ...(ended_at && { ended_at }),
    };
    if (JSON.stringify(updated) !== JSON.stringify(known)) this.note(updated);
  }

  /**
   * @param {Frame} activity
   * @returns {boolean} whether the list has to be read again: it says something of a stranger
   */
  follow({ conversation_id: id = "", head, n, title, at }) {
    const known = this.find(id);
    this.fresh.add(id);
    if (known) this.note({ ...known, head, n, title, last_at: at, unread: unreadAt(known, n) });
    return !known;
  }

  /** @param {string} id of what is looked at */
  see(id) {
    if (this.fresh.delete(id)) this.#onChange();
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
