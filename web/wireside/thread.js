/** @import {Item, Message} from "./fold.js" */
/** @import {Entry} from "./outbox.js" */
/** @import {Reading} from "./reading.js" */
/** @import {Phase, Room} from "./room.js" */
/** @import {Stopper} from "./stopper.js" */
/** @import {Run} from "./streams.js" */
/** @import {Conversation, Event, Refusal} from "./types.js" */
/** @import {Typists} from "./typists.js" */
/** @import {Write} from "./writes.js" */
/** @import {Writer} from "./writer.js" */
import { Emitter } from "./emitter.js";
import { Folded } from "./fold.js";
import { Keystrokes } from "./keystrokes.js";
import { changeOf, isTargeted } from "./writes.js";

/** Changes that a reader may see before they are stored. */
const FORESEEN = new Set(["edit", "delete", "react"]);

/**
 * What a conversation tells.
 *
 * @typedef {{
 *   change: void, events: Event[], refused: {clientId: string, refusal: Refusal}, gone: {code: string},
 * }} ThreadEvents `change`: anything here is another than before; `events`: what joined the log while
 *   it is followed, each once and in order; `refused`: a write that stands aside; `gone`: it is not
 *   there for this person.
 *
 * @typedef {{
 *   put: (write: Write) => Promise<Event>, retry: (clientId: string) => void, discard: (clientId: string) => void,
 *   close: () => void, tell: (isOn: boolean) => boolean, userId: string, clock: import("./clock.js").Clock,
 *   room: Room, writer: Writer, stopper: Stopper, typists: Typists, reading: Reading,
 * }} Parts
 */

/**
 * One conversation that is open.
 *
 * Everything that writes returns a promise of the event that it became; it rejects with a
 * `WiresideError` where the service refuses. Nobody need wait for it: what is written is kept until
 * one of both has happened, through lost lines and reloads.
 *
 * @extends {Emitter<ThreadEvents>}
 */
export class Thread extends Emitter {
  #parts;
  #keystrokes;
  #folded = new Folded();

  /** @param {Parts} parts */
  constructor(parts) {
    super();
    this.#parts = parts;
    this.#keystrokes = new Keystrokes(parts.clock, parts.tell);
  }

  get id() {
    return this.room.id;
  }

  get room() {
    return this.#parts.room;
  }

  get writer() {
    return this.#parts.writer;
  }

  get stopper() {
    return this.#parts.stopper;
  }

  get typists() {
    return this.#parts.typists;
  }

  /** How far this person has read. */
  get reading() {
    return this.#parts.reading;
  }

  /** @returns {Phase} `live` once everything has been read up to the head */
  get phase() {
    return this.room.phase;
  }

  /** @returns {Conversation | null} its title, members and the like; `null` until it has opened */
  get conversation() {
    return this.room.conversation;
  }

  /** @returns {Event[]} the part of the log that is here, without a gap */
  get events() {
    return this.room.log.events;
  }

  /**
   * @returns {Item[]} what a person sees of it: messages as they are by now, calls, notices; what changes
   *   is another object from then on, and looking costs what has changed
   */
  get items() {
    const changes = this.pending.flatMap(({ write, refusal }) => (isTargeted(write) && !refusal ? [write] : []));
    const foreseen = changes.filter(({ action }) => FORESEEN.has(action));
    return this.#folded.of(this.events).foreseeing(foreseen.map((change) => changeOf(change, this.#parts.userId)));
  }

  /** @returns {Message[]} with their edits, deletions and reactions */
  get messages() {
    return this.items.flatMap((item) => (item.type === "message" ? [item] : []));
  }

  /** @returns {Run[]} what assistants are saying right now, oldest question first */
  get answers() {
    return this.room.streams.inFlight;
  }

  /** @returns {Entry[]} what this person wrote and the log does not have yet, or was refused */
  get pending() {
    return this.writer.pending;
  }

  /** @returns {string[]} ids of those who are writing */
  get typing() {
    return this.typists.ids;
  }

  /** Whether there is more of the log than is here. */
  get hasEarlier() {
    return this.room.log.isLoaded && this.room.log.start > 0;
  }

  /**
   * Read the page before what is here. Raises `WiresideError`.
   *
   * @returns {Promise<boolean>} whether there was one
   */
  async loadEarlier() {
    return this.room.loadEarlier();
  }

  /**
   * @param {string} text as written, nothing trimmed
   * @param {{files?: string[], mentions?: string[], replyTo?: number | null}} [about] ids of files, whom
   *   it mentions by id, and the seq that it answers
   */
  send(text, { files = [], mentions = [], replyTo = null } = {}) {
    this.#keystrokes.sent();
    const told = {
      ...(files.length > 0 && { files }), ...(mentions.length > 0 && { mentions }), ...(replyTo !== null && { reply_to: replyTo }),
    };
    return this.put({ action: "send", text, ...told });
  }

  /**
   * @param {number} seq of a message
   * @param {string} text
   */
  edit(seq, text) {
    return this.put({ action: "edit", target_seq: seq, text });
  }

  /** @param {number} seq of a message */
  delete(seq) {
    return this.put({ action: "delete", target_seq: seq });
  }

  /**
   * @param {number} seq of a message
   * @param {string} emoji
   * @param {boolean} [on] whether it is to be there
   */
  react(seq, emoji, on = true) {
    return this.put({ action: "react", target_seq: seq, emoji, on });
  }

  /** @param {number} seq of an assistant's message, of which another version is wanted */
  regenerate(seq) {
    return this.put({ action: "regenerate", target_seq: seq });
  }

  /**
   * @param {number} seq of a tool call that waits
   * @param {boolean} [approved]
   */
  approve(seq, approved = true) {
    return this.put({ action: "approve", target_seq: seq, approved });
  }

  /** @param {string} name of an assistant, one of the client's `models` */
  model(name) {
    return this.put({ action: "model", model: name });
  }

  /**
   * @param {Write} write
   * @returns {Promise<Event>}
   */
  put(write) {
    return this.#parts.put(write);
  }

  /** @param {string} clientId of a refused write */
  retry(clientId) {
    this.#parts.retry(clientId);
  }

  /** @param {string} clientId of a refused write */
  discard(clientId) {
    this.#parts.discard(clientId);
  }

  /** Stop every answer to what is there by now, begun or not. */
  stop() {
    this.stopper.stop();
  }

  /** @param {boolean} [isOn] whether this person is writing: say so at every key */
  type(isOn = true) {
    this.#keystrokes.note(isOn);
  }

  /** @param {number} seq of the newest message that this person has seen */
  read(seq) {
    this.reading.see(seq);
  }

  /** @returns {string[]} ids of the people who have it open */
  get present() {
    return [...this.room.present];
  }

  /** Follow it no more, once what was written is answered. */
  close() {
    this.#parts.close();
  }

  /** Forget what nobody waits for any more. */
  dispose() {
    this.#keystrokes.sent();
    this.reading.close();
    this.typists.clear();
    this.room.dispose();
  }
}
