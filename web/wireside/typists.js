/** @import {Clock} from "./clock.js" */
import { Alarm } from "./clock.js";

const LAPSES_AFTER_MS = 6_000;

/** Who is writing in one conversation. A sign of it lapses after 6 s. */
export class Typists {
  #clock;
  #onChange;
  /** @type {Map<string, Alarm>} by user id */
  #alarms = new Map();

  /**
   * @param {Clock} clock
   * @param {() => void} onChange
   */
  constructor(clock, onChange) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** @returns {string[]} user ids */
  get ids() {
    return [...this.#alarms.keys()];
  }

  /**
   * @param {string} userId
   * @param {boolean} isOn
   */
  note(userId, isOn) {
    this.#alarms.get(userId)?.clear();
    this.#alarms.delete(userId);
    if (isOn) {
      const alarm = new Alarm(this.#clock);
      alarm.set(LAPSES_AFTER_MS, () => this.note(userId, false));
      this.#alarms.set(userId, alarm);
    }
    this.#onChange();
  }

  clear() {
    for (const alarm of this.#alarms.values()) alarm.clear();
    this.#alarms.clear();
  }
}
