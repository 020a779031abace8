/** @import {Clock} from "./clock.js" */
import { Alarm } from "./clock.js";

const TOLD_EVERY_MS = 2_000;

/**
 * How far somebody has read one conversation, on all their devices. The service is told at most
 * every 2 s, and again after a reconnect where it does not know yet.
 */
export class Reading {
  #clock;
  #tell;
  #onChange;
  #alarm;
  #toldAt = -Infinity;
  /** What the service knows. */
  #told = 0;
  /** The seq of the newest message of somebody else, and where the reader was when others began to come. */
  #newest = 0;
  #leftAt = 0;
  /** Whether the service has said how far it was read. */
  isKnown = false;
  /** The seq up to which it is read. */
  seq = 0;
  /** @type {number | null} the seq above which what came was new to the reader; `null` where nothing was */
  newAfter = null;
  /** How many messages were not read when the conversation was opened. */
  newCount = 0;

  /**
   * @param {Clock} clock
   * @param {{tell: (seq: number) => boolean, onChange: () => void}} how `tell` says whether it could
   */
  constructor(clock, { tell, onChange }) {
    this.#clock = clock;
    this.#tell = tell;
    this.#onChange = onChange;
    this.#alarm = new Alarm(clock);
  }

  /**
   * The conversation was opened.
   *
   * @param {{readSeq: number, unread: number, head: number, isAnother: boolean}} opened what the service says;
   *   `isAnother`: this is another log than before, and its seqs are others
   */
  opened({ readSeq, unread, head, isAnother }) {
    if (isAnother) Object.assign(this, { seq: 0, newAfter: null });
    this.isKnown = true;
    this.#told = readSeq;
    this.seq = Math.max(this.seq, readSeq);
    if (unread > 0 && head > this.seq && this.newAfter === null) Object.assign(this, { newAfter: this.seq, newCount: unread });
    this.#say();
  }

  /** @param {number} seq of the newest message that was looked at */
  see(seq) {
    if (!this.isKnown || seq <= this.seq) return;
    this.seq = seq;
    this.#say();
    this.#onChange();
  }

  /** @param {number} seq up to which the service knows by itself: it was read elsewhere, or written here */
  know(seq) {
    this.#told = Math.max(this.#told, seq);
    if (seq <= this.seq) return;
    this.seq = seq;
    this.#onChange();
  }

  /** @param {number} seq of a message that the reader has written: what came before it is new no more */
  wrote(seq) {
    if (seq > (this.newAfter ?? 0)) this.newAfter = null;
    this.know(seq);
  }

  /**
   * Somebody else's message came.
   *
   * @param {number} seq
   * @param {{isLookedAt: boolean}} how where it is not, and everything before it was read, it is the first that is new
   */
  came(seq, { isLookedAt }) {
    if (this.seq >= this.#newest) this.#leftAt = this.seq;
    this.#newest = Math.max(this.#newest, seq);
    if (!isLookedAt) this.newAfter = Math.max(this.newAfter ?? 0, this.#leftAt);
  }

  /** Tell the rest at once: nobody looks any more. */
  close() {
    if (this.#alarm.isSet && this.seq > this.#told) this.#tell(this.seq);
    this.#alarm.clear();
  }

  #say() {
    if (this.seq <= this.#told || this.#alarm.isSet) return;
    const waitMs = this.#toldAt + TOLD_EVERY_MS - this.#clock.now();
    if (waitMs > 0) return this.#alarm.set(waitMs, () => this.#say());
    this.#toldAt = this.#clock.now();
    if (this.#tell(this.seq)) this.#told = this.seq;
  }
}
