/** @import {Clock} from "./clock.js" */
/** @import {ClientFrame, Frame} from "./types.js" */
import { Alarm } from "./clock.js";

const PING_EVERY_MS = 30_000;
const DEAD_AFTER_MS = 75_000;
const WELCOME_WITHIN_MS = 15_000;
const ANSWER_TO_PROBE_WITHIN_MS = 5_000;
const CLOSED_AS_TOO_LARGE = 1009;

/**
 * @typedef {{
 *   onWelcome: (welcome: Frame) => void,
 *   onFrame: (frame: Frame) => void,
 *   onClosed: (how: {wasTooLarge: boolean}) => void,
 * }} LinkEvents `onClosed` comes once, and nothing after it.
 *
 * @typedef {(url: string, protocols: string[]) => WebSocket} Dial
 */

/** One WebSocket: says hello, pings, and notices when the other side has fallen silent. */
export class Link {
  #socket;
  #events;
  #pulse;
  #probe;
  #silence;
  #isClosed = false;
  /** Whether `welcome` has come: other frames may be sent. */
  isWelcome = false;

  /**
   * @param {{url: string, token: string, clock: Clock, dial: Dial}} how
   * @param {LinkEvents} events
   */
  constructor({ url, token, clock, dial }, events) {
    this.#events = events;
    this.#pulse = new Alarm(clock);
    this.#probe = new Alarm(clock);
    this.#silence = new Alarm(clock);
    this.#socket = dial(url, ["wireside.v1", `wireside.auth.${token}`]);
    this.#socket.onopen = () => this.#transmit({ action: "hello" });
    this.#socket.onmessage = ({ data }) => this.#receive(data);
    this.#socket.onclose = ({ code }) => this.#end(code === CLOSED_AS_TOO_LARGE);
    this.#pulse.set(WELCOME_WITHIN_MS, () => this.close());
  }

  /**
   * @param {ClientFrame} frame
   * @returns {boolean} whether it went out
   */
  send(frame) {
    return this.isWelcome && this.#transmit(frame);
  }

  /** Find out soon whether anybody is there, for example after the network changed. */
  probe() {
    if (!this.send({ action: "ping" }) || this.#probe.isSet) return;
    this.#probe.set(ANSWER_TO_PROBE_WITHIN_MS, () => this.close());
  }

  /** Be closed now; a dead line would take long to say so itself. */
  close() {
    this.#socket.close();
    this.#end(false);
  }

  /**
   * @param {ClientFrame} frame
   * @returns {boolean}
   */
  #transmit(frame) {
    if (this.#socket.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** @param {unknown} data */
  #receive(data) {
    if (this.#isClosed) return;
    this.#probe.clear();
    if (this.isWelcome) this.#heard();
    const frame = decode(data);
    if (frame?.type === "welcome") this.#greeted(frame);
    else if (frame) this.#events.onFrame(frame);
  }

  /** @param {Frame} welcome */
  #greeted(welcome) {
    this.isWelcome = true;
    this.#heard();
    this.#beat();
    this.#events.onWelcome(welcome);
  }

  #heard() {
    this.#silence.set(DEAD_AFTER_MS, () => this.close());
  }

  #beat() {
    this.#pulse.set(PING_EVERY_MS, () => {
      this.#transmit({ action: "ping" });
      this.#beat();
    });
  }

  /** @param {boolean} wasTooLarge */
  #end(wasTooLarge) {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.isWelcome = false;
    this.#pulse.clear();
    this.#probe.clear();
    this.#silence.clear();
    this.#events.onClosed({ wasTooLarge });
  }
}

/**
 * @param {unknown} data
 * @returns {Frame | null} `null` for what this client cannot read
 */
function decode(data) {
  try {
    const frame = JSON.parse(String(data));
    return typeof frame?.type === "string" ? frame : null;
  } catch {
    return null;
  }
}
