/** @import {Clock} from "./clock.js" */
/** @import {Entry, Outbox} from "./outbox.js" */
/** @import {Threads} from "./threads.js" */
/** @import {Event, Limits, Refusal} from "./types.js" */
/** @import {Write} from "./writes.js" */
import { failure } from "./errors.js";
import { Promises } from "./promises.js";
import { frameOf, isTargeted, tooLarge } from "./writes.js";

/** What somebody writes, from their hand into the outbox, and what becomes of it. */
export class Post {
  #threads;
  #outbox;
  #clock;
  #newId;
  #changed;
  #promises = new Promises();
  /** @type {Pick<Limits, "text_code_points" | "frame_bytes">} until `welcome` tells the real ones */
  limits = { text_code_points: 10_000, frame_bytes: 32_000 };

  /**
   * @param {{threads: Threads, outbox: Outbox, clock: Clock, newId: () => string}} how
   * @param {(conversationId: string) => void} changed
   */
  constructor({ threads, outbox, clock, newId }, changed) {
    this.#threads = threads;
    this.#outbox = outbox;
    this.#clock = clock;
    this.#newId = newId;
    this.#changed = changed;
  }

  /**
   * Write a message, or change one. It is kept until it is stored or refused.
   *
   * @param {string} conversationId
   * @param {Write} write
   * @returns {Promise<Event>} what it became; rejects with a `WiresideError` when it is refused
   */
  put(conversationId, write) {
    const { room, writer } = this.#threads.of(conversationId);
    const clientId = this.#newId();
    const createdAt = new Date(this.#clock.now()).toISOString();
    const seenIn = isTargeted(write) ? room.epoch : null;
    const answer = this.#promises.of(clientId);
    this.#outbox.add({ conversationId, clientId, write, seenIn, createdAt });
    const refused = tooLarge(frameOf({ conversationId, clientId, write }, Number.MAX_SAFE_INTEGER), this.limits);
    if (refused) writer.setAside(clientId, { code: refused, message: "", retryable: false });
    writer.pump();
    this.#changed(conversationId);
    return answer;
  }

  /**
   * @param {string} conversationId
   * @param {string} clientId of a refused write
   */
  retry(conversationId, clientId) {
    this.#outbox.retry(clientId, this.#newId());
    const { room, writer } = this.#threads.of(conversationId);
    if (room.phase === "gone") room.open();
    writer.pump();
    this.#changed(conversationId);
  }

  /**
   * @param {string} conversationId
   * @param {string} clientId of a refused write
   */
  discard(conversationId, clientId) {
    this.#outbox.remove(clientId);
    this.#changed(conversationId);
  }

  /**
   * Send what another outbox left, for example that of a tab that was closed.
   *
   * @param {string} box
   * @param {Entry[]} entries
   */
  adopt(box, entries) {
    this.#outbox.adopt(box, entries);
    for (const id of new Set(entries.map(({ conversationId }) => conversationId))) {
      if (this.#outbox.next(id)) this.#threads.of(id).writer.pump();
      this.#changed(id);
    }
  }

  /**
   * @param {string} clientId
   * @param {Event} event that it became
   */
  stored(clientId, event) {
    this.#promises.resolve(clientId, event);
  }

  /**
   * @param {string} conversationId
   * @param {string} clientId
   * @param {Refusal} refusal
   */
  refused(conversationId, clientId, refusal) {
    this.#promises.reject(clientId, refusal);
    this.#threads.get(conversationId)?.emit("refused", { clientId, refusal });
  }

  /** Nobody is told any more what becomes of what they wrote. */
  close() {
    this.#promises.rejectAll(failure("stopped", "the client was stopped"));
  }
}
