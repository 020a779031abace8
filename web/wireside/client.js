/** @import {Clock} from "./clock.js" */
/** @import {State} from "./connection.js" */
/** @import {Dial} from "./link.js" */
/** @import {Shelf} from "./outbox.js" */
/** @import {Frame, Limits, Named} from "./types.js" */
/** @import {Api} from "./api.js" */
/** @import {Write} from "./writes.js" */
import { Connection } from "./connection.js";
import { Outbox } from "./outbox.js";
import { Reading } from "./reading.js";
import { Renewal } from "./renewal.js";
import { Requests } from "./requests.js";
import { Room } from "./room.js";
import { Stopper } from "./stopper.js";
import { Typists } from "./typists.js";
import { Writer } from "./writer.js";
import { frameOf, isTargeted, tooLarge } from "./writes.js";

const TYPING_EVERY_MS = 3_000;
/** Whoever has stored one of these has stopped writing it. */
const TYPED = new Set(["message", "edited"]);

/**
 * @typedef {{room: Room, writer: Writer, stopper: Stopper, typists: Typists, reading: Reading}} Thread A conversation as this client has it.
 *
 * @typedef {{
 *   onState: (state: State) => void,
 *   onThread: (conversationId: string) => void,
 *   onEntered: (conversationId: string, events: import("./types.js").Event[]) => void,
 *   onActivity: (frame: Frame | null) => void,
 *   onExpired: () => void,
 *   onTokenWanted: (token: {isOver: boolean}) => void,
 *   onNotWelcome: () => void,
 *   onFailure: (error: unknown) => void,
 * }} ClientEvents `onTokenWanted` comes before the token expires: give a fresh one to `refresh`; `onEntered` gets what came in live; `onActivity` gets an `activity` frame, or `null` when any may have been missed.
 */

/** The protocol's client: a connection, the conversations that are open on it, and the outbox. */
export class Client {
  #api;
  #clock;
  #userId;
  #newId;
  #events;
  #connection;
  #requests;
  #renewal;
  #outbox;
  #typedAt = -Infinity;
  /** @type {Map<string, Thread>} */
  #threads = new Map();
  /** @type {string | null} */
  #shown = null;
  /** @type {Named[]} the assistants that may be chosen */
  models = [];
  /** @type {string[]} what the service lets this person do, as far as `welcome` has told */
  roles = [];
  /** @type {Limits} until `welcome` tells the real ones */
  #limits = { text_code_points: 10_000, frame_bytes: 32_000 };

  /**
   * @param {{
   *   api: Api, clock: Clock, dial: Dial, address: () => {url: string, token: string},
   *   userId: string, newId: () => string, shelf: Shelf, outboxKey: string,
   * }} how
   * @param {ClientEvents} events
   */
  constructor({ api, clock, dial, address, userId, newId, shelf, outboxKey }, events) {
    this.#api = api;
    this.#clock = clock;
    this.#userId = userId;
    this.#newId = newId;
    this.#events = events;
    this.#outbox = new Outbox(shelf, outboxKey);
    this.#renewal = new Renewal(clock, (token) => events.onTokenWanted(token));
    this.#requests = new Requests(clock, (frame) => this.#connection.send(frame));
    this.#connection = new Connection({ clock, dial, address }, {
      onState: (state) => events.onState(state),
      onReady: (welcome) => this.#ready(welcome),
      onFrame: (frame) => this.#receive(frame),
      onDown: ({ wasTooLarge }) => this.#down(wasTooLarge),
      onNotWelcome: () => events.onNotWelcome(),
      onExpired: () => events.onExpired(),
    });
    for (const id of this.#outbox.conversationIds) this.#thread(id);
  }

  /** @returns {State} of the connection */
  get state() {
    return this.#connection.state;
  }

  /** Connect, or make sure that the connection lives. */
  wake() {
    this.#connection.wake();
  }

  /** @param {string} token a fresh one of the same person, for the connection that there is */
  refresh(token) {
    if (this.#connection.state !== "connected") return;
    this.#requests.ask({ action: "refresh", token }, (answer) => {
      if (answer.type === "refreshed") this.#renewal.plan(answer["expires_at"]);
    });
  }

  /** Be silent from now on. */
  stop() {
    this.#renewal.stop();
    this.#connection.stop();
    for (const { room, writer } of this.#threads.values()) {
      writer.pause();
      room.dispose();
    }
    this.#threads.clear();
  }

  /**
   * Show a conversation, or none. What was shown before is closed once what was written there is sent.
   *
   * @param {string | null} conversationId
   * @returns {Thread | null}
   */
  show(conversationId) {
    this.#shown = conversationId;
    for (const id of [...this.#threads.keys()]) this.#closeIfIdle(id);
    return conversationId === null ? null : this.#thread(conversationId);
  }

  /**
   * Write a message.
   *
   * @param {string} conversationId
   * @param {string} text as written, nothing trimmed
   * @param {{mentions?: string[], replyTo?: number | null}} [about] whom it mentions by id, and the seq that it answers
   */
  write(conversationId, text, { mentions = [], replyTo = null } = {}) {
    this.#typedAt = -Infinity;
    const answered = replyTo === null ? {} : { reply_to: replyTo };
    this.put(conversationId, { action: "send", text, ...(mentions.length > 0 && { mentions }), ...answered });
  }

  /**
   * Write a message, or change one. It is kept until it is stored or refused.
   *
   * @param {string} conversationId
   * @param {Write} write
   */
  put(conversationId, write) {
    const { room, writer } = this.#thread(conversationId);
    const clientId = this.#newId();
    const createdAt = new Date(this.#clock.now()).toISOString();
    const seenIn = isTargeted(write) ? room.epoch : null;
    this.#outbox.add({ conversationId, clientId, write, seenIn, createdAt });
    const refused = tooLarge(frameOf({ conversationId, clientId, write }, Number.MAX_SAFE_INTEGER), this.#limits);
    if (refused) this.#outbox.change(clientId, { refusal: { code: refused, message: "", retryable: false } });
    writer.pump();
    this.#events.onThread(conversationId);
  }

  /**
   * @param {string} conversationId
   * @param {string} clientId of a refused write
   */
  retry(conversationId, clientId) {
    this.#outbox.retry(clientId, this.#newId());
    const { room, writer } = this.#thread(conversationId);
    if (room.phase === "gone") room.open();
    writer.pump();
    this.#events.onThread(conversationId);
  }

  /**
   * @param {string} conversationId
   * @param {string} clientId of a refused write
   */
  discard(conversationId, clientId) {
    this.#outbox.remove(clientId);
    this.#events.onThread(conversationId);
  }

  /**
   * @param {string} conversationId in which somebody presses keys
   * @param {boolean} [isOn] whether anything is written there now
   */
  typing(conversationId, isOn = true) {
    const isTold = this.#clock.now() - this.#typedAt < TYPING_EVERY_MS;
    if (isOn ? isTold : this.#typedAt === -Infinity) return;
    this.#typedAt = isOn ? this.#clock.now() : -Infinity;
    this.#connection.send({ action: "typing", conversation_id: conversationId, on: isOn });
  }

  /**
   * @param {string} id
   * @returns {Thread}
   */
  #thread(id) {
    const known = this.#threads.get(id);
    if (known) return known;
    const changed = () => this.#events.onThread(id);
    const typists = new Typists(this.#clock, changed);
    const room = new Room(id, { api: this.#api, requests: this.#requests, clock: this.#clock }, {
      onChange: changed,
      onEvents: (events) => writer.read(events),
      onEntered: (events) => this.#entered(id, events),
      onOpened: (readSeq, log) => reading.opened(readSeq, log),
      onLive: () => this.#live(id),
      onGone: (code) => writer.giveUp({ code, message: "", retryable: false }),
      onFailure: this.#events.onFailure,
    });
    const writer = new Writer(room, {
      outbox: this.#outbox,
      userId: this.#userId,
      clock: this.#clock,
      send: (frame) => this.#connection.send(frame),
      onFailure: this.#events.onFailure,
    });
    const reading = new Reading(this.#clock, {
      tell: (seq) => this.#connection.send({ action: "read", conversation_id: id, seq }), onChange: changed,
    });
    const stopper = new Stopper(room, this.#requests, () => (changed(), this.#closeIfIdle(id)));
    const thread = { room, writer, stopper, typists, reading };
    this.#threads.set(id, thread);
    if (this.#connection.state === "connected") room.open();
    return thread;
  }

  /** @param {Frame} welcome */
  #ready(welcome) {
    this.#limits = { ...this.#limits, ...welcome["limits"] };
    this.models = welcome["models"] ?? [];
    this.roles = welcome["user"]?.["roles"] ?? [];
    this.#requests.forget();
    this.#renewal.greeted(welcome);
    for (const { room, stopper } of this.#threads.values()) {
      stopper.resume();
      if (room.phase !== "gone") room.open();
    }
    if (this.#threads.size === 0) this.#connection.retireOld();
    this.#events.onActivity(null);
  }

  /** @param {boolean} wasTooLarge */
  #down(wasTooLarge) {
    this.#requests.forget();
    this.#renewal.stop();
    for (const { room, writer } of this.#threads.values()) {
      if (wasTooLarge) writer.refuseTooLarge();
      writer.pause();
      room.leave();
    }
  }

  /** @param {Frame} frame */
  #receive(frame) {
    this.#requests.settle(frame);
    if (frame.type === "pong") return this.#heads(frame["heads"] ?? {});
    if (frame.type === "activity") return this.#events.onActivity(frame);
    const thread = this.#threads.get(frame.conversation_id ?? "");
    if (!thread) return;
    if (frame.type === "typing") thread.typists.note(frame["user_id"], frame["on"]);
    else if (frame.type === "read") thread.reading.know(frame["seq"]);
    else if (frame.type === "error") thread.writer.refuse(frame["client_id"], /** @type {any} */ (frame));
    else thread.room.receive(frame);
    this.#events.onThread(thread.room.id);
  }

  /** @param {Record<string, number>} heads */
  #heads(heads) {
    for (const { room } of this.#threads.values()) room.noteHead(heads[room.id]);
  }

  /**
   * @param {string} id
   * @param {import("./types.js").Event[]} events
   */
  #entered(id, events) {
    for (const { kind, seq, sender } of events) {
      if (TYPED.has(kind)) this.#threads.get(id)?.typists.note(sender.id, false);
      if (kind === "message" && sender.id === this.#userId) this.#threads.get(id)?.reading.wrote(seq);
    }
    if (this.#threads.get(id)?.room.phase === "live") this.#events.onEntered(id, events);
    this.#closeIfIdle(id);
  }

  /** @param {string} id */
  #live(id) {
    const threads = [...this.#threads.values()];
    if (threads.every(({ room }) => room.isSettled)) this.#connection.retireOld();
    this.#threads.get(id)?.writer.pump();
    this.#closeIfIdle(id);
  }

  /** @param {string} id */
  #closeIfIdle(id) {
    const thread = this.#threads.get(id);
    if (!thread || id === this.#shown || thread.writer.isBusy || thread.stopper.isBusy) return;
    thread.reading.close();
    thread.room.dispose();
    this.#threads.delete(id);
    if (this.#connection.state === "connected") this.#requests.ask({ action: "close", conversation_id: id }, () => {});
  }
}
