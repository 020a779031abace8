/** @import {Clock} from "./clock.js" */
/** @import {Frame} from "./types.js" */
import { Alarm } from "./clock.js";

const MARGIN_MS = 5 * 60_000;
const AGAIN_MS = 30_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * When to ask for a fresh token: a while before the old one expires, and again until one has come.
 * Times are the server's own; only their differences count.
 */
export class Renewal {
  #clock;
  #alarm;
  #wanted;
  /** The server's clock less ours. */
  #aheadMs = 0;
  /** By our clock. */
  #expiresAtMs = NaN;

  /**
   * @param {Clock} clock
   * @param {(token: {isOver: boolean}) => void} wanted called when it is time, and every 30 s until
   *   `plan`; once more when the token has expired
   */
  constructor(clock, wanted) {
    this.#clock = clock;
    this.#alarm = new Alarm(clock);
    this.#wanted = wanted;
  }

  /** @param {Frame} welcome */
  greeted(welcome) {
    const serverTime = Date.parse(welcome["server_time"]);
    if (!Number.isNaN(serverTime)) this.#aheadMs = serverTime - this.#clock.now();
    this.plan(welcome["expires_at"]);
  }

  /** @param {string | undefined} expiresAt of the token that the connection lives by now */
  plan(expiresAt) {
    this.#expiresAtMs = Date.parse(expiresAt ?? "") - this.#aheadMs;
    const leftMs = this.#leftMs;
    if (Number.isNaN(leftMs)) return this.#alarm.clear();
    const waitMs = leftMs - Math.min(MARGIN_MS, leftMs / 4);
    this.#alarm.set(Math.min(Math.max(0, waitMs), LONGEST_TIMER_MS), () => this.#ask());
  }

  stop() {
    this.#alarm.clear();
  }

  get #leftMs() {
    return this.#expiresAtMs - this.#clock.now();
  }

  #ask() {
    const leftMs = this.#leftMs;
    if (leftMs > 0) this.#alarm.set(Math.min(AGAIN_MS, leftMs), () => this.#ask());
    this.#wanted({ isOver: leftMs <= 0 });
  }
}
