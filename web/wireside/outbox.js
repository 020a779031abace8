/** @import {Refusal} from "./types.js" */
/** @import {Write} from "./writes.js" */

/**
 * A message on its way, or a change to one. `afterSeq` and `epoch` are `null` until it is sent for the first time; from
 * then on a retry may raise `afterSeq` only past events that were read (protocol, "Writing").
 *
 * @typedef {{
 *   conversationId: string, clientId: string, write: Write, seenIn: string | null,
 *   createdAt: string, afterSeq: number | null, epoch: string | null, refusal: Refusal | null,
 * }} Entry `refusal` is set once the service said no; `seenIn` is the epoch in which the message
 *   that a change is to was seen.
 *
 * @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Shelf
 */

/** What is written and not acknowledged yet. Every change is on the shelf before it is acted on. */
export class Outbox {
  #shelf;
  #key;
  /** @type {Entry[]} in the order in which they were written */
  #entries;

  /**
   * @param {Shelf} shelf
   * @param {string} key
   */
  constructor(shelf, key) {
    this.#shelf = shelf;
    this.#key = key;
    this.#entries = read(shelf, key);
  }

  /** @returns {string[]} ids of the conversations in which something waits */
  get conversationIds() {
    return [...new Set(this.#entries.filter(({ refusal }) => !refusal).map((entry) => entry.conversationId))];
  }

  /**
   * @param {string} conversationId
   * @returns {readonly Entry[]} oldest first
   */
  of(conversationId) {
    return this.#entries.filter((entry) => entry.conversationId === conversationId);
  }

  /**
   * @param {string} conversationId
   * @returns {Entry | undefined} what is to be sent next
   */
  next(conversationId) {
    return this.of(conversationId).find((entry) => entry.refusal === null);
  }

  /**
   * @param {Pick<Entry, "conversationId" | "clientId" | "write" | "seenIn" | "createdAt">} written
   */
  add(written) {
    this.#entries.push({ ...written, afterSeq: null, epoch: null, refusal: null });
    this.#save();
  }

  /**
   * @param {string} clientId
   * @param {Partial<Entry>} changes
   */
  change(clientId, changes) {
    this.#entries = this.#entries.map((entry) => (entry.clientId === clientId ? { ...entry, ...changes } : entry));
    this.#save();
  }

  /**
   * Let go of an entry: it is stored, or its writer gave it up.
   *
   * @param {string} clientId
   * @returns {Entry | undefined} the entry, if it was here
   */
  remove(clientId) {
    const found = this.#entries.find((entry) => entry.clientId === clientId);
    if (!found) return undefined;
    this.#entries = this.#entries.filter((entry) => entry !== found);
    this.#save();
    return found;
  }

  /**
   * Try a refused entry again, at the end of the line. The id stays: an earlier attempt may still
   * arrive. Only an id that belongs to other content is replaced.
   *
   * @param {string} clientId
   * @param {string} freshId
   */
  retry(clientId, freshId) {
    const entry = this.remove(clientId);
    if (!entry) return;
    const isReused = entry.refusal?.code === "client_id_reused";
    const fresh = isReused ? { clientId: freshId, afterSeq: null, epoch: null } : {};
    this.#entries.push({ ...entry, ...fresh, refusal: null });
    this.#save();
  }

  #save() {
    try {
      if (this.#entries.length === 0) this.#shelf.removeItem(this.#key);
      else this.#shelf.setItem(this.#key, JSON.stringify(this.#entries));
    } catch {
      // A full or forbidden shelf: what is written is still sent, it only does not survive a reload.
    }
  }
}

/**
 * @param {Shelf} shelf
 * @param {string} key
 * @returns {Entry[]} nothing where the shelf holds what nobody can read
 */
function read(shelf, key) {
  try {
    const found = JSON.parse(shelf.getItem(key) ?? "[]");
    return Array.isArray(found) ? found.map(asWrite) : [];
  } catch {
    return [];
  }
}

/**
 * @param {any} entry one of today, or one of when there were only messages
 * @returns {Entry}
 */
function asWrite({ text, ...entry }) {
  return text === undefined ? entry : { ...entry, write: { action: "send", text }, seenIn: null };
}
