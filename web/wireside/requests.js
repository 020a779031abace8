/** @import {Clock} from "./clock.js" */
/** @import {ClientFrame, Frame} from "./types.js" */
import { Backoff } from "./backoff.js";
import { Alarm } from "./clock.js";

export const ANSWER_WITHIN_MS = 5_000;

/**
 * @typedef {{
 *   frame: ClientFrame, alarm: Alarm, backoff: Backoff,
 *   onAnswer: (answer: Frame) => void,
 * }} Request
 */

/**
 * Questions of one link: `open`, `close` and `sync`. Each is repeated until it is answered; of
 * `open` and `close` only one is under way at a time.
 */
export class Requests {
  #clock;
  #send;
  #nextRef = 1;
  /** @type {Map<string, Request>} under way, by ref */
  #asked = new Map();
  /** @type {Request[]} waiting for the `open` or `close` before them */
  #queue = [];

  /**
   * @param {Clock} clock
   * @param {(frame: ClientFrame) => void} send
   */
  constructor(clock, send) {
    this.#clock = clock;
    this.#send = send;
  }

  /**
   * Ask until answered, or until `forget`.
   *
   * @param {ClientFrame} frame
   * @param {(answer: Frame) => void} onAnswer gets the answer, or the error that is final
   */
  ask(frame, onAnswer) {
    const ref = `r${this.#nextRef++}`;
    const backoff = new Backoff(this.#clock, { baseMs: 500, capMs: 10_000 });
    const request = { frame: { ...frame, ref }, alarm: new Alarm(this.#clock), backoff, onAnswer };
    if (isSerial(request) && this.#isOpening) this.#queue.push(request);
    else this.#start(request);
  }

  /**
   * @param {Frame} answer any frame; those that answer nothing are left alone
   */
  settle(answer) {
    const request = this.#asked.get(answer.ref ?? "");
    if (!request) return;
    if (answer.type === "error" && answer["retryable"]) {
      const waitMs = answer["retry_after_ms"] ?? request.backoff.next();
      return request.alarm.set(waitMs, () => this.#transmit(request));
    }
    request.alarm.clear();
    this.#asked.delete(answer.ref ?? "");
    request.onAnswer(answer);
    if (isSerial(request)) this.#startNext();
  }

  /** The link is gone, and with it whatever it was asked. */
  forget() {
    for (const { alarm } of this.#asked.values()) alarm.clear();
    this.#asked.clear();
    this.#queue = [];
  }

  get #isOpening() {
    return [...this.#asked.values()].some(isSerial);
  }

  #startNext() {
    if (this.#isOpening) return;
    const next = this.#queue.shift();
    if (next) this.#start(next);
  }

  /** @param {Request} request */
  #start(request) {
    this.#asked.set(request.frame["ref"], request);
    this.#transmit(request);
  }

  /** @param {Request} request */
  #transmit(request) {
    request.alarm.set(ANSWER_WITHIN_MS, () => this.#transmit(request));
    this.#send(request.frame);
  }
}

/** @param {Request} request */
function isSerial({ frame }) {
  return frame.action === "open" || frame.action === "close";
}
