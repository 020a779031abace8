/** @import {Event} from "./types.js" */

/**
 * A contiguous window of a conversation's log, and what came too early to be part of it.
 * The window is `start + 1 … through`; each seq is in it once.
 */
export class Log {
  /** The seq before the first held event. */
  start = 0;
  /** @type {Event[]} contiguous, ascending; another array where it does anything but grow at its end */
  events = [];
  /** The highest seq that is known to exist. */
  head = 0;
  /** Whether a first page has come. */
  isLoaded = false;
  /** @type {Map<number, Event>} beyond a gap */
  #ahead = new Map();

  /** The last seq that is held without a gap. */
  get through() {
    return this.start + this.events.length;
  }

  /** Whether something is missing between the window and the head. */
  get isBehind() {
    return this.isLoaded && this.through < this.head;
  }

  /** Forget everything: the log is another one now, or too far away. */
  clear() {
    this.start = 0;
    this.events = [];
    this.head = 0;
    this.isLoaded = false;
    this.#ahead.clear();
  }

  /**
   * Take a first page; live events that came before it find their place.
   *
   * @param {Event[]} page contiguous, ascending
   * @param {number} head
   * @returns {Event[]} what entered the window
   */
  begin(page, head) {
    this.start = page[0] ? page[0].seq - 1 : head;
    this.isLoaded = true;
    this.noteHead(head);
    return this.add(page);
  }

  /**
   * Merge events in whatever order and however often they come.
   *
   * @param {Event[]} events
   * @returns {Event[]} what entered the window, ascending
   */
  add(events) {
    for (const event of events) {
      this.noteHead(event.seq);
      if (!this.isLoaded || event.seq > this.through) this.#ahead.set(event.seq, event);
    }
    return this.isLoaded ? this.#join() : [];
  }

  /** @returns {Event[]} */
  #join() {
    const entered = [];
    for (const seq of this.#ahead.keys()) if (seq <= this.through) this.#ahead.delete(seq);
    for (let next; (next = this.#ahead.get(this.through + 1)); ) {
      this.#ahead.delete(next.seq);
      this.events.push(next);
      entered.push(next);
    }
    return entered;
  }

  /**
   * Put an earlier page before the window. Only what joins it is taken.
   *
   * @param {Event[]} page contiguous, ascending
   * @returns {boolean} whether the window grew
   */
  prepend(page) {
    const earlier = page.filter((event) => event.seq <= this.start);
    if (earlier.at(-1)?.seq !== this.start || this.start === 0) return false;
    this.events = [...earlier, ...this.events];
    this.start -= earlier.length;
    return true;
  }

  /**
   * Put the whole of an event in place of the cut one that the stream carried.
   *
   * @param {Event} event
   */
  replace(event) {
    const index = event.seq - this.start - 1;
    if (this.events[index]) this.events = this.events.with(index, event);
  }

  /** @param {number} seq */
  noteHead(seq) {
    this.head = Math.max(this.head, seq);
  }
}
