/**
 * Time and chance, so that tests can hold both in their hands.
 *
 * @typedef {{
 *   now: () => number,
 *   after: (milliseconds: number, action: () => void) => () => void,
 *   random: () => number,
 * }} Clock `after` returns how to cancel; `random` is in [0, 1).
 */

/** @type {Clock} */
export const systemClock = {
  now: () => Date.now(),
  after: (milliseconds, action) => {
    const timer = setTimeout(action, milliseconds);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};

/** A timer that holds at most one appointment. */
export class Alarm {
  #clock;
  /** @type {(() => void) | null} */
  #cancel = null;

  /** @param {Clock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  get isSet() {
    return this.#cancel !== null;
  }

  /**
   * Ring once after `milliseconds`; what was set before is forgotten.
   *
   * @param {number} milliseconds
   * @param {() => void} action
   */
  set(milliseconds, action) {
    this.clear();
    this.#cancel = this.#clock.after(milliseconds, () => {
      this.#cancel = null;
      action();
    });
  }

  clear() {
    this.#cancel?.();
    this.#cancel = null;
  }
}
