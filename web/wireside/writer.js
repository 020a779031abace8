/** @import {Clock} from "./clock.js" */
/** @import {Entry, Outbox} from "./outbox.js" */
/** @import {Room} from "./room.js" */
/** @import {ClientFrame, Event, Refusal} from "./types.js" */
import { Backoff } from "./backoff.js";
import { Alarm } from "./clock.js";
import { ANSWER_WITHIN_MS } from "./requests.js";
import { frameOf } from "./writes.js";

/**
 * Sends what the outbox holds for one conversation, one write at a time, until each is
 * acknowledged by its own event. Before a write goes out again after a reconnect, every event
 * since it was first sent has been read without finding it.
 */
export class Writer {
  #room;
  #outbox;
  #userId;
  #send;
  #onFailure;
  #onStored;
  #onRefused;
  #alarm;
  #backoff;
  #isVerifying = false;
  /** @type {string | null} the client id that waits for its answer */
  #inFlight = null;
  /** Whether it has gone out: before that it is put on the shelf. */
  #isOut = false;
  /** Another one with every pause: what was begun before it goes no further. */
  #attempt = {};
  /** @type {{seq: number, entry: Entry}[]} stored, but beyond a gap */
  #landed = [];

  /**
   * @param {Room} room
   * @param {{
   *   outbox: Outbox, userId: string, clock: Clock,
   *   send: (frame: ClientFrame) => boolean, onFailure: (error: unknown) => void,
   *   onStored: (clientId: string, event: Event) => void, onRefused: (clientId: string, refusal: Refusal) => void,
   * }} how
   */
  constructor(room, { outbox, userId, clock, send, onFailure, onStored, onRefused }) {
    this.#room = room;
    this.#outbox = outbox;
    this.#userId = userId;
    this.#send = send;
    this.#onFailure = onFailure;
    this.#onStored = onStored;
    this.#onRefused = onRefused;
    this.#alarm = new Alarm(clock);
    this.#backoff = new Backoff(clock, { baseMs: 500, capMs: 10_000 });
  }

  /** @returns {Entry[]} what its writer does not see in the log yet, in the order of writing */
  get pending() {
    this.#landed = this.#landed.filter(({ seq }) => seq > this.#room.log.through);
    return [...this.#landed.map(({ entry }) => entry), ...this.#outbox.of(this.#room.id)];
  }

  /** Whether anything is still to be sent. */
  get isBusy() {
    return this.#outbox.next(this.#room.id) !== undefined;
  }

  /** Send the next write, if one waits and the one before it is answered. */
  pump() {
    if (this.#room.phase !== "live" || this.#inFlight !== null || this.#alarm.isSet || this.#isVerifying) return;
    const entry = this.#outbox.next(this.#room.id);
    if (!entry) return;
    const stored = this.#room.log.events.find((event) => this.#isOf(event, entry));
    if (stored) this.#acknowledge(entry.clientId, stored);
    else if (entry.seenIn !== null && entry.seenIn !== this.#room.epoch) this.#disown(entry.clientId);
    else if (this.#room.log.start > readFrom(entry, this.#room)) this.#verify();
    else this.#transmit(entry);
  }

  /** The link is gone; the answer may still have been on its way. */
  pause() {
    this.#inFlight = null;
    this.#isOut = false;
    this.#attempt = {};
    this.#alarm.clear();
  }

  /** @param {Event[]} events */
  read(events) {
    for (const event of events) {
      if (event.client_id !== undefined && event.sender.id === this.#userId) this.#acknowledge(event.client_id, event);
    }
  }

  /**
   * @param {string | undefined} clientId
   * @param {Refusal} refusal
   */
  refuse(clientId, refusal) {
    if (clientId === undefined || clientId !== this.#inFlight) return;
    this.pause();
    if (refusal.code === "invalid_after_seq") this.#outbox.change(clientId, { afterSeq: 0 });
    if (refusal.code === "invalid_after_seq" || refusal.code === "resync_required") return this.#room.reload();
    if (refusal.retryable) return this.#pumpIn(refusal.retry_after_ms ?? this.#backoff.next());
    this.setAside(clientId, refusal);
    this.pump();
  }

  /**
   * Refuse all that waits: there is nothing any more to write to.
   *
   * @param {Refusal} refusal
   */
  giveUp(refusal) {
    this.pause();
    for (let entry; (entry = this.#outbox.next(this.#room.id)); ) this.setAside(entry.clientId, refusal);
  }

  /** A frame was above the size that the gateway takes: whatever was in flight is refused. */
  refuseTooLarge() {
    if (this.#inFlight === null || !this.#isOut) return;
    this.refuse(this.#inFlight, { code: "frame_too_large", message: "", retryable: false });
  }

  /** @param {Entry} entry */
  #transmit(entry) {
    const afterSeq = this.#room.log.through;
    this.#outbox.change(entry.clientId, { afterSeq, epoch: this.#room.epoch });
    this.#inFlight = entry.clientId;
    const attempt = this.#attempt;
    this.#outbox.whenStored(() => {
      if (attempt === this.#attempt) this.#repeat(frameOf(entry, afterSeq));
    });
  }

  /** @param {ClientFrame} frame the same one every time */
  #repeat(frame) {
    this.#isOut = true;
    this.#send(frame);
    this.#alarm.set(ANSWER_WITHIN_MS, () => this.#repeat(frame));
  }

  /**
   * @param {string} clientId
   * @param {Event} event
   */
  #acknowledge(clientId, event) {
    const entry = this.#outbox.remove(clientId);
    if (entry) this.#landed.push({ seq: event.seq, entry });
    if (entry) this.#onStored(clientId, event);
    if (entry && clientId === this.#inFlight) {
      this.pause();
      this.#backoff.reset();
    }
    if (entry) this.pump();
  }

  /**
   * Refuse a change to a message of another log than the one there is: its seq may be another's.
   *
   * @param {string} clientId
   */
  #disown(clientId) {
    this.setAside(clientId, { code: "resync_required", message: "", retryable: false });
    this.pump();
  }

  /**
   * Keep a write that was refused, out of the way of the others.
   *
   * @param {string} clientId
   * @param {Refusal} refusal
   */
  setAside(clientId, refusal) {
    this.#outbox.change(clientId, { refusal });
    this.#onRefused(clientId, refusal);
  }

  /**
   * @param {Event} event
   * @param {Entry} entry
   * @returns {boolean} whether the event is what became of the entry
   */
  #isOf({ client_id, sender }, { clientId }) {
    return client_id === clientId && sender.id === this.#userId;
  }

  /** Read back to where the write was first sent from. */
  #verify() {
    this.#isVerifying = true;
    this.#room.loadEarlier().then(
      (grew) => {
        this.#isVerifying = false;
        if (grew) this.pump();
        else this.#pumpIn(this.#backoff.next());
      },
      (error) => {
        this.#isVerifying = false;
        this.#onFailure(error);
        this.#pumpIn(this.#backoff.next());
      },
    );
  }

  /** @param {number} milliseconds */
  #pumpIn(milliseconds) {
    this.#alarm.set(milliseconds, () => this.pump());
  }
}

/**
 * @param {Entry} entry
 * @param {Room} room
 * @returns {number} the seq above which the log must have been read before this may be sent again:
 *   all of it where the log is another one than the entry was sent to, or ends before that place
 */
function readFrom({ afterSeq, epoch }, room) {
  if (afterSeq === null) return Infinity;
  return epoch === room.epoch && afterSeq <= room.log.through ? afterSeq : 0;
}
