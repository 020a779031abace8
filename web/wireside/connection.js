/** @import {Clock} from "./clock.js" */
/** @import {Dial} from "./link.js" */
/** @import {ClientFrame, Frame} from "./types.js" */
import { Backoff } from "./backoff.js";
import { Alarm } from "./clock.js";
import { Link } from "./link.js";

const RETIRE_AFTER_MS = 10_000;
/** A line that ends sooner after its welcome tells of trouble: the delays go on growing. */
const CALM_AFTER_MS = 10_000;
const ROTATION_SPREAD_MS = 60_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * @typedef {"stopped" | "connecting" | "connected" | "waiting"} State
 *
 * @typedef {{
 *   onState: (state: State) => void,
 *   onReady: (welcome: Frame) => void,
 *   onFrame: (frame: Frame) => void,
 *   onDown: (how: {wasTooLarge: boolean}) => void,
 *   onNotWelcome: () => void,
 *   onExpired: () => void,
 *   onGoodbye: (goodbye: {reason: string, reconnect: boolean}) => void,
 * }} ConnectionEvents `onReady` comes on every new link, also on one that takes over from a living
 *   one; `onNotWelcome` when a link closed before `welcome`, which may mean a refusal.
 */

/**
 * A connection that comes back: backoff with full jitter up to 30 s, and a new link made before the
 * old one reaches the end of its life.
 */
export class Connection {
  #clock;
  #dial;
  #address;
  #events;
  #backoff;
  #retry;
  #rotation;
  #retirement;
  #calm;
  /** @type {Link | null} */
  #link = null;
  /** @type {Link | null} dialled, not welcome yet */
  #next = null;
  /** @type {Link | null} still listening while the new one catches up */
  #old = null;
  /** @type {State} */
  #state = "stopped";

  /**
   * @param {{clock: Clock, dial: Dial, address: () => {url: string, token: string}}} how
   *   `address` is asked for every link.
   * @param {ConnectionEvents} events
   */
  constructor({ clock, dial, address }, events) {
    this.#clock = clock;
    this.#dial = dial;
    this.#address = address;
    this.#events = events;
    this.#backoff = new Backoff(clock, { baseMs: 500, capMs: 30_000 });
    this.#retry = new Alarm(clock);
    this.#rotation = new Alarm(clock);
    this.#retirement = new Alarm(clock);
    this.#calm = new Alarm(clock);
  }

  get state() {
    return this.#state;
  }

  /** Connect, at once if a next attempt was being waited for; ask a living link for a sign of life. */
  wake() {
    if (this.#link) return this.#link.probe();
    this.#backoff.reset();
    if (!this.#next) this.#connect();
  }

  stop() {
    const links = [this.#link, this.#next, this.#old];
    this.#link = this.#next = this.#old = null;
    for (const alarm of [this.#retry, this.#rotation, this.#retirement, this.#calm]) alarm.clear();
    for (const link of links) link?.close();
    this.#become("stopped");
  }

  /**
   * @param {ClientFrame} frame
   * @returns {boolean} whether it went out
   */
  send(frame) {
    return this.#link?.send(frame) ?? false;
  }

  /** Close the link that was taken over from: the new one has caught up. */
  retireOld() {
    this.#retirement.clear();
    const old = this.#old;
    this.#old = null;
    old?.close();
  }

  /** @param {State} state */
  #become(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#events.onState(state);
  }

  #connect() {
    this.#retry.clear();
    if (!this.#link) this.#become("connecting");
    const { url, token } = this.#address();
    /** @type {Link} */
    const link = new Link({ url, token, clock: this.#clock, dial: this.#dial }, {
      onWelcome: (welcome) => this.#welcomed(link, welcome),
      onFrame: (frame) => this.#received(link, frame),
      onClosed: (how) => this.#closed(link, how),
    });
    this.#next = link;
  }

  /**
   * @param {Link} link
   * @param {Frame} welcome
   */
  #welcomed(link, welcome) {
    this.#calm.set(CALM_AFTER_MS, () => this.#backoff.reset());
    this.#next = null;
    this.retireOld();
    this.#old = this.#link;
    this.#link = link;
    if (this.#old) this.#retirement.set(RETIRE_AFTER_MS, () => this.retireOld());
    this.#planRotation(welcome);
    this.#become("connected");
    this.#events.onReady(welcome);
  }

  /** @param {Frame} welcome times of the server's clock, so only their difference counts */
  #planRotation(welcome) {
    const leftMs = Date.parse(welcome["rotate_at"]) - Date.parse(welcome["server_time"]);
    if (Number.isNaN(leftMs)) return;
    const spreadMs = this.#clock.random() * Math.min(ROTATION_SPREAD_MS, leftMs / 10);
    this.#rotation.set(Math.min(Math.max(0, leftMs - spreadMs), LONGEST_TIMER_MS), () => this.#rotate());
  }

  #rotate() {
    if (!this.#next) this.#connect();
  }

  /**
   * @param {Link} link
   * @param {Frame} frame
   */
  #received(link, frame) {
    if (frame.type === "goodbye" && link === this.#link) return this.#dismissed(frame);
    if (frame.type === "error" && frame["fatal"]) return this.#events.onExpired();
    // The service knows this line no more: only a new one is greeted.
    if (frame.type === "error" && frame["code"] === "hello_required") return link.close();
    this.#events.onFrame(frame);
  }

  /** @param {Frame} goodbye */
  #dismissed({ reason, reconnect }) {
    this.#events.onGoodbye({ reason: String(reason), reconnect: reconnect === true });
    if (reason === "expired") return this.#events.onExpired();
    if (!reconnect) return this.stop();
    if (reason === "rotate" || reason === "shutdown") this.#rotate();
  }

  /**
   * @param {Link} link
   * @param {{wasTooLarge: boolean}} how
   */
  #closed(link, how) {
    if (link === this.#old) this.#old = null;
    const wasNext = link === this.#next;
    if (wasNext) this.#next = null;
    if (link === this.#link) {
      this.#link = null;
      this.#rotation.clear();
      this.#calm.clear();
      this.#events.onDown(how);
    } else if (!wasNext) return;
    if (!this.#next) this.#wait();
    if (wasNext) this.#events.onNotWelcome();
  }

  #wait() {
    if (!this.#link) this.#become("waiting");
    this.#retry.set(this.#backoff.next(), () => this.#connect());
  }
}
