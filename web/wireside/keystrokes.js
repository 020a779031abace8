/** @import {Clock} from "./clock.js" */
import { Alarm } from "./clock.js";

const EVERY_MS = 3_000;

/**
 * Tells that somebody writes in one conversation, and that they stopped: at most once in 3 s,
 * whichever of both it is. What comes too early is told later, if it is still so.
 */
export class Keystrokes {
  #clock;
  #tell;
  #alarm;
  #toldAt = -Infinity;
  #isTold = false;
  #isOn = false;

  /**
   * @param {Clock} clock
   * @param {(isOn: boolean) => boolean} tell returns whether it went out
   */
  constructor(clock, tell) {
    this.#clock = clock;
    this.#tell = tell;
    this.#alarm = new Alarm(clock);
  }

  /** @param {boolean} isOn whether they write; every key tells so again, and keeps it from lapsing */
  note(isOn) {
    this.#isOn = isOn;
    const waitMs = this.#toldAt + EVERY_MS - this.#clock.now();
    if (waitMs <= 0) this.#say();
    else if (isOn !== this.#isTold) this.#alarm.set(waitMs, () => this.#say());
    else this.#alarm.clear();
  }

  /** A message went out: it says itself that its writing is over. */
  sent() {
    this.#isOn = this.#isTold = false;
    this.#alarm.clear();
  }

  #say() {
    if (!this.#isOn && !this.#isTold) return;
    if (!this.#tell(this.#isOn)) return;
    this.#isTold = this.#isOn;
    this.#toldAt = this.#clock.now();
  }
}
