/** @typedef {{text: string, replyTo: number | null}} Draft `replyTo` is the seq of the message that is answered. */

const OF_ONE = /^[\w-]+(\.reply)?$/;

/** What somebody has begun to write in each conversation, kept on this device for all of their tabs. */
export class Drafts {
  #prefix;
  #storage;
  #tell;
  /** @type {Map<string, Draft>} where the storage takes nothing */
  #held = new Map();
  #isOver = false;

  /**
   * @param {{
   *   userId: string, storage: Storage | undefined, tell: (conversationId: string, draft: Draft) => void,
   * }} how `tell` tells the other tabs
   */
  constructor({ userId, storage, tell }) {
    this.#prefix = `wireside.draft.${userId}.`;
    this.#storage = storage;
    this.#tell = tell;
  }

  /**
   * @param {string} conversationId
   * @returns {Draft}
   */
  of(conversationId) {
    const text = this.#storage?.getItem(this.#prefix + conversationId) ?? "";
    const seq = Number(this.#storage?.getItem(this.#replyKey(conversationId)));
    return this.#held.get(conversationId) ?? { text, replyTo: Number.isSafeInteger(seq) && seq > 0 ? seq : null };
  }

  /**
   * @param {string} conversationId
   * @param {Draft} draft
   */
  keep(conversationId, draft) {
    if (this.#isOver) return;
    this.#held.set(conversationId, draft);
    try {
      this.#put(this.#prefix + conversationId, draft.text);
      this.#put(this.#replyKey(conversationId), draft.replyTo === null ? "" : String(draft.replyTo));
      if (this.#storage) this.#held.delete(conversationId);
    } catch {
      // A full storage: the draft lasts as long as this page.
    }
    this.#tell(conversationId, draft);
  }

  /**
   * @param {string} conversationId
   * @param {Draft} draft as another tab has kept it
   */
  take(conversationId, draft) {
    if (this.#held.has(conversationId) || !this.#storage) this.#held.set(conversationId, draft);
  }

  /** Forget what this person has begun to write, in every conversation, and keep nothing from now on. */
  clear() {
    this.#isOver = true;
    this.#held.clear();
    for (const key of Object.keys(this.#storage ?? {})) {
      // Ids of other people may begin as this one does.
      if (key.startsWith(this.#prefix) && OF_ONE.test(key.slice(this.#prefix.length))) this.#put(key, "");
    }
  }

  /** @param {string} conversationId */
  #replyKey(conversationId) {
    return `${this.#prefix}${conversationId}.reply`;
  }

  /**
   * @param {string} key
   * @param {string} value empty for none
   */
  #put(key, value) {
    if (value) this.#storage?.setItem(key, value);
    else this.#storage?.removeItem(key);
  }
}
