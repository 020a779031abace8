/** @import {Clock} from "./clock.js" */
/** @import {State} from "./connection.js" */
/** @import {Dial} from "./link.js" */
/** @import {Entry, Outbox} from "./outbox.js" */
/** @import {Event, Frame, Limits, Named, Refusal} from "./types.js" */
/** @import {Api} from "./api.js" */
/** @import {Write} from "./writes.js" */
import { Connection } from "./connection.js";
import { failure } from "./errors.js";
import { Promises } from "./promises.js";
import { Reading } from "./reading.js";
import { Renewal } from "./renewal.js";
import { Requests } from "./requests.js";
import { Room } from "./room.js";
import { Stopper } from "./stopper.js";
import { Thread } from "./thread.js";
import { Typists } from "./typists.js";
import { Writer } from "./writer.js";
import { frameOf, isTargeted, tooLarge } from "./writes.js";

/** Whoever has stored one of these has stopped writing it. */
const TYPED = new Set(["message", "edited"]);

/**
 * @typedef {{
 *   onState: (state: State) => void,
 *   onThread: (conversationId: string) => void,
 *   onEntered: (conversationId: string, events: Event[]) => void,
 *   onActivity: (frame: Frame | null) => void,
 *   onExpired: () => void,
 *   onTokenWanted: (token: {isOver: boolean}) => void,
 *   onNotWelcome: () => void,
 *   onGoodbye: (goodbye: {reason: string, reconnect: boolean}) => void,
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
  #promises = new Promises();
  /** @type {Map<string, Thread>} */
  #threads = new Map();
  /** @type {Set<string>} ids of what somebody follows; others are open until what was written there is answered */
  #followed = new Set();
  /** @type {Named[]} the assistants that may be chosen */
  models = [];
  /** @type {string[]} what the service lets this person do, as far as `welcome` has told */
  roles = [];
  /** @type {Limits} until `welcome` tells the real ones */
  #limits = { text_code_points: 10_000, frame_bytes: 32_000, open_conversations: 20 };

  /**
   * @param {{
   *   api: Api, clock: Clock, dial: Dial, address: () => {url: string, token: string},
   *   userId: string, newId: () => string, outbox: Outbox,
   * }} how
   * @param {ClientEvents} events
   */
  constructor({ api, clock, dial, address, userId, newId, outbox }, events) {
    this.#api = api;
    this.#clock = clock;
    this.#userId = userId;
    this.#newId = newId;
    this.#events = events;
    this.#outbox = outbox;
    this.#renewal = new Renewal(clock, (token) => events.onTokenWanted(token));
    this.#requests = new Requests(clock, (frame) => this.#connection.send(frame));
    this.#connection = new Connection({ clock, dial, address }, {
      onState: (state) => events.onState(state),
      onReady: (welcome) => this.#ready(welcome),
      onFrame: (frame) => this.#receive(frame),
      onDown: ({ wasTooLarge }) => this.#down(wasTooLarge),
      onNotWelcome: () => events.onNotWelcome(),
      onExpired: () => events.onExpired(),
      onGoodbye: (goodbye) => events.onGoodbye(goodbye),
    });
    for (const id of outbox.conversationIds) this.#thread(id);
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

  /** Be silent from now on. What is not answered stays in the outbox. */
  stop() {
    for (const { reading } of this.#threads.values()) reading.close();
    this.#renewal.stop();
    this.#connection.stop();
    this.#requests.forget();
    for (const thread of this.#threads.values()) {
      thread.writer.pause();
      thread.dispose();
    }
    this.#threads.clear();
    this.#followed.clear();
    this.#promises.rejectAll(failure("stopped", "the client was stopped"));
  }

  /**
   * Show a conversation, or none. What was shown before is closed once what was written there is sent.
   *
   * @param {string | null} conversationId
   * @returns {Thread | null}
   */
  show(conversationId) {
    for (const id of [...this.#followed]) if (id !== conversationId) this.close(id);
    return conversationId === null ? null : this.open(conversationId);
  }

  /**
   * Follow a conversation, beside those that are followed already. Raises `WiresideError` where
   * there are as many as may be.
   *
   * @param {string} conversationId
   * @returns {Thread}
   */
  open(conversationId) {
    const isNew = !this.#followed.has(conversationId);
    if (isNew && this.#followed.size >= this.#limits.open_conversations) {
      throw failure("too_many_open", `at most ${this.#limits.open_conversations} conversations are open at a time`);
    }
    this.#followed.add(conversationId);
    return this.#thread(conversationId);
  }

  /** @param {string} conversationId that is followed no more */
  close(conversationId) {
    this.#followed.delete(conversationId);
    this.#closeIfIdle(conversationId);
  }

  /**
   * Write a message.
   *
   * @param {string} conversationId
   * @param {string} text as written, nothing trimmed
   * @param {{mentions?: string[], replyTo?: number | null}} [about] whom it mentions by id, and the seq that it answers
   */
  write(conversationId, text, about = {}) {
    return this.#thread(conversationId).send(text, about);
  }

  /**
   * Write a message, or change one. It is kept until it is stored or refused.
   *
   * @param {string} conversationId
   * @param {Write} write
   * @returns {Promise<Event>} what it became; rejects with a `WiresideError` when it is refused
   */
  put(conversationId, write) {
    const { room, writer } = this.#thread(conversationId);
    const clientId = this.#newId();
    const createdAt = new Date(this.#clock.now()).toISOString();
    const seenIn = isTargeted(write) ? room.epoch : null;
    const answer = this.#promises.of(clientId);
    this.#outbox.add({ conversationId, clientId, write, seenIn, createdAt });
    const refused = tooLarge(frameOf({ conversationId, clientId, write }, Number.MAX_SAFE_INTEGER), this.#limits);
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
    const { room, writer } = this.#thread(conversationId);
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
   * @param {string} conversationId in which somebody presses keys
   * @param {boolean} [isOn] whether they go on writing
   */
  typing(conversationId, isOn = true) {
    this.#threads.get(conversationId)?.type(isOn);
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
      if (this.#outbox.next(id)) this.#thread(id).writer.pump();
      this.#changed(id);
    }
  }

  /** @param {string} id */
  #changed(id) {
    this.#threads.get(id)?.emit("change", undefined);
    this.#events.onThread(id);
  }

  /**
   * @param {string} id
   * @returns {Thread}
   */
  #thread(id) {
    const known = this.#threads.get(id);
    if (known) return known;
    const thread = this.#made(id);
    this.#threads.set(id, thread);
    this.#admit();
    return thread;
  }

  /**
   * @param {string} id
   * @returns {Thread}
   */
  #made(id) {
    const changed = () => this.#changed(id);
    const room = new Room(id, { api: this.#api, requests: this.#requests, clock: this.#clock }, {
      onChange: changed,
      onEvents: (events) => writer.read(events),
      onEntered: (events) => this.#entered(id, events),
      onOpened: (opened) => reading.opened(opened),
      onLive: () => this.#live(id),
      onGone: (code) => this.#gone(id, code),
      onFailure: this.#events.onFailure,
    });
    const writer = new Writer(room, {
      outbox: this.#outbox,
      userId: this.#userId,
      clock: this.#clock,
      send: (frame) => this.#connection.send(frame),
      onFailure: this.#events.onFailure,
      onStored: (clientId, event) => this.#promises.resolve(clientId, event),
      onRefused: (clientId, refusal) => this.#refused(id, clientId, refusal),
    });
    const reading = new Reading(this.#clock, {
      tell: (seq) => this.#connection.send({ action: "read", conversation_id: id, seq }), onChange: changed,
    });
    return new Thread({
      room, writer, reading, userId: this.#userId, clock: this.#clock,
      typists: new Typists(this.#clock, changed),
      stopper: new Stopper(room, this.#requests, () => (changed(), this.#closeIfIdle(id))),
      put: (write) => this.put(id, write),
      retry: (clientId) => this.retry(id, clientId),
      discard: (clientId) => this.discard(id, clientId),
      close: () => this.close(id),
      tell: (on) => this.#connection.send({ action: "typing", conversation_id: id, on }),
    });
  }

  /** Open what waits to be, as far as the service lets: what is followed comes first. */
  #admit() {
    if (this.#connection.state !== "connected") return;
    const threads = [...this.#threads.values()];
    const free = this.#limits.open_conversations - threads.filter(isOpen).length;
    const waiting = threads.filter(({ phase }) => phase === "away");
    waiting.sort((a, b) => Number(this.#followed.has(b.id)) - Number(this.#followed.has(a.id)));
    for (const { room } of waiting.slice(0, Math.max(0, free))) room.open();
  }

  /** @param {Frame} welcome */
  #ready(welcome) {
    this.#limits = { ...this.#limits, ...welcome["limits"] };
    this.models = welcome["models"] ?? [];
    this.roles = welcome["user"]?.["roles"] ?? [];
    this.#requests.forget();
    this.#renewal.greeted(welcome);
    const threads = [...this.#threads.values()];
    for (const { stopper } of threads) stopper.resume();
    for (const { room } of threads.filter(isOpen)) room.open();
    this.#admit();
    if (threads.length === 0) this.#connection.retireOld();
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
    this.#changed(thread.id);
  }

  /** @param {Record<string, number>} heads */
  #heads(heads) {
    for (const { room } of this.#threads.values()) room.noteHead(heads[room.id]);
  }

  /**
   * @param {string} id
   * @param {Event[]} events
   */
  #entered(id, events) {
    const thread = this.#threads.get(id);
    for (const { kind, seq, sender } of events) {
      if (TYPED.has(kind)) thread?.typists.note(sender.id, false);
      if (kind === "message" && sender.id === this.#userId) thread?.reading.wrote(seq);
    }
    if (events.length > 0) thread?.emit("events", events);
    if (thread?.phase === "live") this.#events.onEntered(id, events);
    this.#closeIfIdle(id);
  }

  /** @param {string} id */
  #live(id) {
    const threads = [...this.#threads.values()].filter(({ phase }) => phase !== "away");
    if (threads.every(({ room }) => room.isSettled)) this.#connection.retireOld();
    this.#threads.get(id)?.writer.pump();
    this.#closeIfIdle(id);
  }

  /**
   * @param {string} id
   * @param {string} code
   */
  #gone(id, code) {
    this.#threads.get(id)?.writer.giveUp({ code, message: "", retryable: false });
    this.#threads.get(id)?.emit("gone", { code });
    this.#admit();
  }

  /**
   * @param {string} id
   * @param {string} clientId
   * @param {Refusal} refusal
   */
  #refused(id, clientId, refusal) {
    this.#promises.reject(clientId, refusal);
    this.#threads.get(id)?.emit("refused", { clientId, refusal });
  }

  /** @param {string} id */
  #closeIfIdle(id) {
    const thread = this.#threads.get(id);
    if (!thread || this.#followed.has(id) || thread.writer.isBusy || thread.stopper.isBusy) return;
    const wasOpen = isOpen(thread);
    thread.dispose();
    this.#threads.delete(id);
    if (wasOpen && this.#connection.state === "connected") {
      this.#requests.ask({ action: "close", conversation_id: id }, () => {});
    }
    this.#admit();
  }
}

/**
 * @param {Thread} thread
 * @returns {boolean} whether it takes one of the places that the service has for this connection
 */
function isOpen({ phase }) {
  return phase !== "away" && phase !== "gone";
}
