/** @import {Clock} from "./clock.js" */

/** Exponential backoff with full jitter: anything between nothing and the doubled, capped delay. */
export class Backoff {
  #clock;
  #baseMs;
  #capMs;
  #attempts = 0;

  /**
   * @param {Clock} clock
   * @param {{baseMs: number, capMs: number}} delays
   */
  constructor(clock, { baseMs, capMs }) {
    this.#clock = clock;
    this.#baseMs = baseMs;
    this.#capMs = capMs;
  }

  /** @returns {number} milliseconds to wait before the next attempt */
  next() {
    const ceilingMs = Math.min(this.#capMs, this.#baseMs * 2 ** Math.min(this.#attempts, 30));
    this.#attempts += 1;
    return this.#clock.random() * ceilingMs;
  }

  reset() {
    this.#attempts = 0;
  }
}
