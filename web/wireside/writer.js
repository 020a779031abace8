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
  #alarm;
  #backoff;
  #isVerifying = false;
  /** @type {string | null} the client id that waits for its answer */
  #inFlight = null;
  /** @type {{seq: number, entry: Entry}[]} stored, but beyond a gap */
  #landed = [];

  /**
   * @param {Room} room
   * @param {{
   *   outbox: Outbox, userId: string, clock: Clock,
   *   send: (frame: ClientFrame) => boolean, onFailure: (error: unknown) => void,
   * }} how
   */
  constructor(room, { outbox, userId, clock, send, onFailure }) {
    this.#room = room;
    this.#outbox = outbox;
    this.#userId = userId;
    this.#send = send;
    this.#onFailure = onFailure;
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
    if (entry.seenIn !== null && entry.seenIn !== this.#room.epoch) this.#disown(entry.clientId);
    else if (this.#room.log.start > readFrom(entry, this.#room.epoch)) this.#verify();
    else if (this.#room.log.holds(this.#userId, entry.clientId)) this.#acknowledge(entry.clientId, 0);
    else this.#transmit(entry);
  }

  /** The link is gone; the answer may still have been on its way. */
  pause() {
    this.#inFlight = null;
    this.#alarm.clear();
  }

  /** @param {Event[]} events */
  read(events) {
    for (const { seq, sender, client_id } of events) {
      if (client_id !== undefined && sender.id === this.#userId) this.#acknowledge(client_id, seq);
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
    this.#outbox.change(clientId, { refusal });
    this.pump();
  }

  /**
   * Refuse all that waits: there is nothing any more to write to.
   *
   * @param {Refusal} refusal
   */
  giveUp(refusal) {
    this.pause();
    for (let entry; (entry = this.#outbox.next(this.#room.id)); ) this.#outbox.change(entry.clientId, { refusal });
  }

  /** A frame was above the size that the gateway takes: whatever was in flight is refused. */
  refuseTooLarge() {
    if (this.#inFlight === null) return;
    this.refuse(this.#inFlight, { code: "frame_too_large", message: "", retryable: false });
  }

  /** @param {Entry} entry */
  #transmit(entry) {
    const afterSeq = this.#room.log.through;
    this.#outbox.change(entry.clientId, { afterSeq, epoch: this.#room.epoch });
    this.#inFlight = entry.clientId;
    this.#repeat(frameOf(entry, afterSeq));
  }

  /** @param {ClientFrame} frame the same one every time */
  #repeat(frame) {
    this.#send(frame);
    this.#alarm.set(ANSWER_WITHIN_MS, () => this.#repeat(frame));
  }

  /**
   * @param {string} clientId
   * @param {number} seq
   */
  #acknowledge(clientId, seq) {
    const entry = this.#outbox.remove(clientId);
    if (entry) this.#landed.push({ seq, entry });
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
    this.#outbox.change(clientId, { refusal: { code: "resync_required", message: "", retryable: false } });
    this.pump();
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
 * @param {string | null} epoch
 * @returns {number} the seq above which the log must have been read before this may be sent again
 */
function readFrom({ afterSeq, epoch: sentIn }, epoch) {
  if (afterSeq === null) return Infinity;
  return sentIn === epoch ? afterSeq : 0;
}
