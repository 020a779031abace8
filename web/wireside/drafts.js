/** @import {Shelf} from "./outbox.js" */

/** @typedef {{text: string, replyTo: number | null}} Draft `replyTo` is the seq of the message that is answered. */

/** What somebody has begun to write in each conversation, kept on this device. */
export class Drafts {
  #shelf;
  #prefix;

  /**
   * @param {Shelf} shelf
   * @param {string} userId
   */
  constructor(shelf, userId) {
    this.#shelf = shelf;
    this.#prefix = `wireside.draft.${userId}.`;
  }

  /**
   * @param {string} conversationId
   * @returns {Draft}
   */
  of(conversationId) {
    const text = this.#shelf.getItem(this.#prefix + conversationId) ?? "";
    const seq = Number(this.#shelf.getItem(this.#replyKey(conversationId)));
    return { text, replyTo: Number.isSafeInteger(seq) && seq > 0 ? seq : null };
  }

  /**
   * @param {string} conversationId
   * @param {Draft} draft
   */
  keep(conversationId, { text, replyTo }) {
    this.#put(this.#prefix + conversationId, text);
    this.#put(this.#replyKey(conversationId), replyTo === null ? "" : String(replyTo));
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
    if (value) this.#shelf.setItem(key, value);
    else this.#shelf.removeItem(key);
  }
}
