/** @import {Api} from "./api.js" */
/** @import {Clock} from "./clock.js" */
/** @import {Conversation, Event, Frame} from "./types.js" */
/** @import {Requests} from "./requests.js" */
import { Backoff } from "./backoff.js";
import { Alarm } from "./clock.js";
import { ANSWER_WITHIN_MS } from "./requests.js";
import { Log } from "./log.js";
import { follow } from "./membership.js";
import { Streams } from "./streams.js";

const GAP_MS = 300;
const REOPEN_EVERY_MS = 1_000;
const PAGE = 50;
const FULL_PAGE = 300;

/**
 * @typedef {"away" | "opening" | "catching_up" | "live" | "reloading" | "gone"} Phase
 *
 * @typedef {{
 *   onChange: () => void,
 *   onEvents: (events: Event[]) => void,
 *   onEntered: (events: Event[]) => void,
 *   onOpened: (opened: {readSeq: number, unread: number, head: number, isAnother: boolean}) => void,
 *   onLive: () => void,
 *   onGone: (code: string) => void,
 *   onFailure: (error: unknown) => void,
 * }} RoomEvents `onEvents` gets what came, `onEntered` what joined the window live.
 */

/**
 * One conversation that is open: keeps a contiguous window of its log and the answers in flight,
 * through reconnects, gaps and restored tables.
 */
export class Room {
  #api;
  #requests;
  #events;
  #clock;
  #gap;
  #catchUp;
  #reopen;
  #again;
  #backoff;
  #openedAt = -Infinity;
  #isSyncing = false;
  #isCaughtUp = false;
  log = new Log();
  streams = new Streams();
  /** @type {Phase} */
  phase = "away";
  /** @type {string | null} */
  epoch = null;
  /** @type {Conversation | null} */
  conversation = null;
  /** @type {Set<string>} ids of the people who have it open, as far as is known */
  present = new Set();
  #isAnother = false;
  /** Why it is gone: an error's code. */
  goneFor = "";

  /**
   * @param {string} id
   * @param {{api: Api, requests: Requests, clock: Clock}} how
   * @param {RoomEvents} events
   */
  constructor(id, { api, requests, clock }, events) {
    this.id = id;
    this.#api = api;
    this.#requests = requests;
    this.#clock = clock;
    this.#events = events;
    this.#gap = new Alarm(clock);
    this.#catchUp = new Alarm(clock);
    this.#reopen = new Alarm(clock);
    this.#again = new Alarm(clock);
    this.#backoff = new Backoff(clock, { baseMs: 500, capMs: 10_000 });
  }

  /** Subscribe on the link of now, from the place where the window ends. */
  open() {
    this.#reopen.clear();
    this.#openedAt = this.#clock.now();
    this.#isSyncing = this.#isCaughtUp = false;
    if (this.phase !== "live") this.#become("opening");
    const place = this.log.isLoaded && this.epoch ? { after_seq: this.log.through, epoch: this.epoch } : {};
    this.#requests.ask({ action: "open", conversation_id: this.id, ...place }, (answer) => this.#opened(answer));
  }

  /** Whether it has caught up on the link of now, or never will. */
  get isSettled() {
    return this.phase === "gone" || (this.phase === "live" && this.#isCaughtUp);
  }

  /** The link is gone; the window stays. */
  leave() {
    for (const alarm of [this.#gap, this.#catchUp, this.#reopen]) alarm.clear();
    this.#isSyncing = false;
    this.present.clear();
    if (this.phase !== "gone" && this.phase !== "reloading") this.#become("away");
  }

  /** Nobody looks any more. */
  dispose() {
    this.leave();
    this.#again.clear();
    this.phase = "gone";
  }

  /** @param {Frame} frame any that names this conversation */
  receive(frame) {
    if (frame["epoch"] && this.epoch && frame["epoch"] !== this.epoch) return this.reload();
    switch (frame.type) {
      case "events":
        return this.#page(frame);
      case "event":
        return this.#take([frame["event"]]);
      case "presence":
        if (frame["on"]) this.present.add(frame["user_id"]);
        else this.present.delete(frame["user_id"]);
        return this.#events.onChange();
      case "run":
        this.streams.note(/** @type {any} */ (frame));
        if (frame["state"] === "ended") this.#expectMore();
        return this.#events.onChange();
      case "delta":
        if (this.streams.apply(/** @type {any} */ (frame))) this.#reopenSoon();
        return this.#events.onChange();
    }
  }

  /** @param {number | undefined} head as a `pong` told it; nothing where this subscription is lost */
  noteHead(head) {
    if (this.phase !== "live") return;
    if (head === undefined) return this.open();
    this.log.noteHead(head);
    this.#checkGap();
  }

  /** Start again from the newest page, over HTTP. */
  reload() {
    if (this.phase === "reloading" || this.phase === "gone") return;
    this.#become("reloading");
    this.#loadNewest().catch((error) => {
      this.#events.onFailure(error);
      this.#again.set(this.#backoff.next(), () => {
        this.phase = "away";
        this.reload();
      });
    });
  }

  /**
   * Load the page before the window.
   *
   * @returns {Promise<boolean>} whether there was one
   */
  async loadEarlier() {
    const { start } = this.log;
    if (!this.log.isLoaded || start === 0) return false;
    const limit = this.log.events.length < FULL_PAGE ? PAGE : FULL_PAGE;
    const page = await this.#api.events(this.id, { before_seq: start + 1 }, limit);
    if (page.epoch !== this.epoch || !this.log.prepend(page.events)) return false;
    this.#completeTruncated(page.events);
    this.#events.onEvents(page.events);
    this.#events.onChange();
    return true;
  }

  /** @param {Frame} answer */
  #opened(answer) {
    if (answer.type === "error") return this.#refused(answer);
    if (this.epoch && this.epoch !== answer["epoch"]) return this.reload();
    this.epoch = answer["epoch"];
    this.conversation = this.log.events.reduce(follow, /** @type {Conversation} */ (answer["conversation"]));
    this.present = new Set(answer["present"]);
    const { read_seq: readSeq = 0, head } = answer;
    this.#events.onOpened({ readSeq, unread: answer["conversation"].unread ?? 0, head, isAnother: this.#isAnother });
    this.#isAnother = false;
    this.streams.restore(answer["runs"]);
    if (this.streams.hasGap) this.#reopenSoon();
    if (this.phase === "opening") this.#become("catching_up");
    this.#catchUp.set(ANSWER_WITHIN_MS, () => this.open());
    this.#events.onChange();
  }

  /** @param {Frame} error */
  #refused({ code }) {
    if (code === "resync_required" || code === "invalid_after_seq") return this.reload();
    this.goneFor = code;
    this.#become("gone");
    this.#events.onGone(code);
  }

  /** @param {Frame} frame */
  #page({ events, head, more }) {
    if (!this.log.isLoaded) {
      if (this.phase !== "catching_up") return;
      this.#entered(events, this.log.begin(events, head));
    } else {
      this.log.noteHead(head);
      this.#take(events);
    }
    if (!more) this.#caughtUp();
  }

  #caughtUp() {
    const wasOpened = this.#catchUp.isSet;
    this.#catchUp.clear();
    if (wasOpened) {
      this.#isCaughtUp = true;
      if (this.phase === "catching_up") this.#become("live");
      this.#events.onLive();
    }
    this.#checkGap();
  }

  /** @param {Event[]} events */
  #take(events) {
    this.#entered(events, this.log.add(events));
    this.#checkGap();
  }

  /**
   * @param {Event[]} came
   * @param {Event[]} entered
   */
  #entered(came, entered) {
    for (const event of came) this.streams.settle(event);
    if (this.conversation) this.conversation = entered.reduce(follow, this.conversation);
    this.#completeTruncated(came);
    this.#events.onEvents(came);
    this.#events.onEntered(entered);
    this.#events.onChange();
  }

  /** A gap may close by itself; one that does not is asked for. */
  #checkGap() {
    if (!this.log.isBehind) return this.#gap.clear();
    if (this.phase === "live" && !this.#gap.isSet) this.#gap.set(GAP_MS, () => this.#sync());
  }

  /** A run has ended: its last event is due. */
  #expectMore() {
    if (this.phase === "live" && !this.#gap.isSet) this.#gap.set(GAP_MS, () => this.#sync());
  }

  #sync() {
    if (this.#isSyncing || this.phase !== "live") return;
    this.#isSyncing = true;
    const place = { epoch: this.epoch, after_seq: this.log.through };
    this.#requests.ask({ action: "sync", conversation_id: this.id, ...place }, (answer) => {
      this.#isSyncing = false;
      if (answer.type === "error") this.#refused(answer);
    });
  }

  #reopenSoon() {
    if (this.#reopen.isSet) return;
    const waitMs = Math.max(0, this.#openedAt + REOPEN_EVERY_MS - this.#clock.now());
    this.#reopen.set(waitMs, () => this.open());
  }

  async #loadNewest() {
    const { head } = await this.#api.conversation(this.id);
    const page = await this.#api.events(this.id, { before_seq: head + 1 }, PAGE);
    this.log.clear();
    this.streams.clear();
    this.#isAnother ||= this.epoch !== page.epoch;
    this.epoch = page.epoch;
    this.#entered(page.events, this.log.begin(page.events, page.events.at(-1)?.seq ?? 0));
    this.#backoff.reset();
    this.phase = "away";
    this.open();
  }

  /**
   * @param {Event[]} events those that were cut for the stream are read whole
   */
  #completeTruncated(events) {
    for (const { seq } of events.filter((event) => event.truncated)) {
      this.#api.events(this.id, { after_seq: seq - 1 }, 1).then(({ events: [whole] }) => {
        if (whole?.seq === seq) this.log.replace(whole);
        this.#events.onChange();
      }, this.#events.onFailure);
    }
  }

  /** @param {Phase} phase */
  #become(phase) {
    this.phase = phase;
    this.#events.onChange();
  }
}
