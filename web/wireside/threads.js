/** @import {Thread} from "./thread.js" */
import { failure } from "./errors.js";

/**
 * The conversations that somebody follows, and those in which something of theirs is not stored yet.
 * As many are open as the service lets; what is followed comes first, the others wait their turn.
 */
export class Threads {
  #make;
  #isConnected;
  #onClosed;
  /** @type {Map<string, Thread>} */
  #threads = new Map();
  /** @type {Set<string>} ids of what somebody follows; others are open until what was written there is answered */
  #followed = new Set();
  /** How many may be open at once: until `welcome` tells, what it usually says. */
  most = 20;

  /**
   * @param {(id: string) => Thread} make
   * @param {{isConnected: () => boolean, onClosed: (id: string) => void}} how `onClosed`: one takes no place any more
   */
  constructor(make, { isConnected, onClosed }) {
    this.#make = make;
    this.#isConnected = isConnected;
    this.#onClosed = onClosed;
  }

  /** All there are. */
  get all() {
    return [...this.#threads.values()];
  }

  /** Those that take one of the places which the service has for this connection. */
  get open() {
    return this.all.filter(isOpen);
  }

  /**
   * @param {string} id
   * @returns {Thread | undefined}
   */
  get(id) {
    return this.#threads.get(id);
  }

  /**
   * @param {string} id
   * @returns {Thread} made, where it is not there
   */
  of(id) {
    const known = this.#threads.get(id);
    if (known) return known;
    const thread = this.#make(id);
    this.#threads.set(id, thread);
    this.admit();
    return thread;
  }

  /**
   * Follow a conversation, beside those that are followed already. Raises `WiresideError` where
   * there are as many as may be.
   *
   * @param {string} id
   * @returns {Thread}
   */
  follow(id) {
    if (!this.#followed.has(id) && this.#followed.size >= this.most) {
      throw failure("too_many_open", `at most ${this.most} conversations are open at a time`);
    }
    this.#followed.add(id);
    return this.of(id);
  }

  /** @param {string | null} [but] the only one that is followed from now on */
  unfollowAll(but = null) {
    for (const id of [...this.#followed]) if (id !== but) this.unfollow(id);
  }

  /** @param {string} id that is followed no more */
  unfollow(id) {
    this.#followed.delete(id);
    this.closeIfIdle(id);
  }

  /** Open what waits to be, as far as the service lets. */
  admit() {
    if (!this.#isConnected()) return;
    const waiting = this.all.filter(({ phase }) => phase === "away");
    waiting.sort((a, b) => Number(this.#followed.has(b.id)) - Number(this.#followed.has(a.id)));
    for (const { room } of waiting.slice(0, Math.max(0, this.most - this.open.length))) room.open();
  }

  /** @param {string} id of what is closed where nobody follows it, and nothing of it is under way */
  closeIfIdle(id) {
    const thread = this.#threads.get(id);
    if (!thread || this.#followed.has(id) || thread.writer.isBusy || thread.stopper.isBusy) return;
    const wasOpen = isOpen(thread);
    thread.dispose();
    this.#threads.delete(id);
    if (wasOpen && this.#isConnected()) this.#onClosed(id);
    this.admit();
  }

  /** Forget them all, without a word. */
  clear() {
    for (const thread of this.all) {
      thread.writer.pause();
      thread.dispose();
    }
    this.#threads.clear();
    this.#followed.clear();
  }
}

/** @param {Thread} thread */
function isOpen({ phase }) {
  return phase !== "away" && phase !== "gone";
}
