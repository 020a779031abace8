/** @import {Shelf} from "./shelf.js" */
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
 */

/**
 * What is written and not acknowledged yet. Every change is on its way to the shelf before anything
 * else is done about it; `whenStored` tells when it is there.
 */
export class Outbox {
  #shelf;
  #box;
  #onSafety;
  /** @type {Entry[]} in the order in which they were written */
  #entries;
  /** Counts changes; the shelf has all up to `#stored`. */
  #changes = 0;
  #stored = 0;
  #isSaving = false;
  /** @type {string[]} boxes that were taken over and are to be emptied in the same breath */
  #emptied = [];
  /** @type {{change: number, action: () => void}[]} */
  #waiting = [];
  /** Whether what is written would survive a reload. */
  isSafe;

  /**
   * @param {Shelf} shelf
   * @param {string} box its name on the shelf
   * @param {{entries?: Entry[], onSafety?: (isSafe: boolean, error: unknown) => void}} [how] `entries`
   *   are what the box holds; `onSafety` is told when the shelf refuses, and when it takes again
   */
  constructor(shelf, box, { entries = [], onSafety = () => {} } = {}) {
    this.#shelf = shelf;
    this.#box = box;
    this.#entries = entries;
    this.#onSafety = onSafety;
    this.isSafe = shelf.kind !== "memory";
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

  /**
   * Take over what another outbox left: its box is emptied as this one is written.
   *
   * @param {string} box
   * @param {Entry[]} entries
   */
  adopt(box, entries) {
    const known = new Set(this.#entries.map(({ clientId }) => clientId));
    this.#entries.push(...entries.filter(({ clientId }) => !known.has(clientId)));
    this.#emptied.push(box);
    this.#save();
  }

  /**
   * Do something once every change of now is on the shelf, or the shelf has refused it: at once
   * where that is so. What cannot be stored is still sent, and `isSafe` tells.
   *
   * @param {() => void} action
   */
  whenStored(action) {
    if (this.#stored === this.#changes) action();
    else this.#waiting.push({ change: this.#changes, action });
  }

  /** Let go of everything. */
  clear() {
    this.#entries = [];
    this.#save();
  }

  #save() {
    this.#changes += 1;
    if (!this.#isSaving) this.#write();
  }

  /** Write all there is; what changes meanwhile is written after it. */
  #write() {
    const change = this.#changes;
    const emptied = this.#emptied.splice(0);
    this.#isSaving = true;
    try {
      const boxes = { ...Object.fromEntries(emptied.map((box) => [box, []])), [this.#box]: this.#entries };
      const written = this.#shelf.write(boxes);
      if (!written) return this.#saved(change, null);
      written.then(() => this.#saved(change, null), (error) => this.#failed(change, emptied, error));
    } catch (error) {
      this.#failed(change, emptied, error);
    }
  }

  /**
   * @param {number} change
   * @param {string[]} emptied boxes that still are what they were
   * @param {unknown} error
   */
  #failed(change, emptied, error) {
    this.#emptied.push(...emptied);
    this.#saved(change, error ?? new Error("the shelf refuses"));
  }

  /**
   * @param {number} change
   * @param {unknown} error
   */
  #saved(change, error) {
    this.#isSaving = false;
    this.#stored = change;
    const isSafe = error === null && this.#shelf.kind !== "memory";
    if (isSafe !== this.isSafe) {
      this.isSafe = isSafe;
      this.#onSafety(isSafe, error);
    }
    const due = this.#waiting.filter((each) => each.change <= change);
    this.#waiting = this.#waiting.filter((each) => each.change > change);
    if (this.#changes > change) this.#write();
    for (const { action } of due) action();
  }
}
