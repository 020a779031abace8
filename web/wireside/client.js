/** @import {Clock} from "./clock.js" */
/** @import {State} from "./connection.js" */
/** @import {Dial} from "./link.js" */
/** @import {Outbox} from "./outbox.js" */
/** @import {Event, Frame, Named} from "./types.js" */
/** @import {Api} from "./api.js" */
import { Connection } from "./connection.js";
import { Post } from "./post.js";
import { Reading } from "./reading.js";
import { Renewal } from "./renewal.js";
import { Requests } from "./requests.js";
import { Room } from "./room.js";
import { Stopper } from "./stopper.js";
import { Thread } from "./thread.js";
import { Threads } from "./threads.js";
import { Typists } from "./typists.js";
import { Writer } from "./writer.js";

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
  #events;
  #connection;
  #requests;
  #renewal;
  #outbox;
  #threads;
  /** What is written. */
  post;
  /** @type {Named[]} the assistants that may be chosen */
  models = [];
  /** @type {string[]} what the service lets this person do, as far as `welcome` has told */
  roles = [];

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
    this.#threads = new Threads((id) => this.#made(id), {
      isConnected: () => this.#connection.state === "connected",
      onClosed: (id) => this.#requests.ask({ action: "close", conversation_id: id }, () => {}),
    });
    this.post = new Post({ threads: this.#threads, outbox, clock, newId }, (id) => this.#changed(id));
    for (const id of outbox.conversationIds) this.#threads.of(id);
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
    for (const { reading } of this.#threads.all) reading.close();
    this.#renewal.stop();
    this.#connection.stop();
    this.#requests.forget();
    this.#threads.clear();
    this.post.close();
  }

  /**
   * Show a conversation, or none. What was shown before is closed once what was written there is sent.
   *
   * @param {string | null} conversationId
   * @returns {Thread | null}
   */
  show(conversationId) {
    this.#threads.unfollowAll(conversationId);
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
    return this.#threads.follow(conversationId);
  }

  /** @param {string} conversationId that is followed no more */
  close(conversationId) {
    this.#threads.unfollow(conversationId);
  }

  /**
   * Write a message.
   *
   * @param {string} conversationId
   * @param {string} text as written, nothing trimmed
   * @param {{mentions?: string[], replyTo?: number | null}} [about] whom it mentions by id, and the seq that it answers
   */
  write(conversationId, text, about = {}) {
    return this.#threads.of(conversationId).send(text, about);
  }

  /**
   * @param {string} conversationId in which somebody presses keys
   * @param {boolean} [isOn] whether they go on writing
   */
  typing(conversationId, isOn = true) {
    this.#threads.get(conversationId)?.type(isOn);
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
      onStored: (clientId, event) => this.post.stored(clientId, event),
      onRefused: (clientId, refusal) => this.post.refused(id, clientId, refusal),
    });
    const reading = new Reading(this.#clock, {
      tell: (seq) => this.#connection.send({ action: "read", conversation_id: id, seq }), onChange: changed,
    });
    return new Thread({
      room, writer, reading, userId: this.#userId, clock: this.#clock,
      typists: new Typists(this.#clock, changed),
      stopper: new Stopper(room, this.#requests, () => (changed(), this.#threads.closeIfIdle(id))),
      put: (write) => this.post.put(id, write),
      retry: (clientId) => this.post.retry(id, clientId),
      discard: (clientId) => this.post.discard(id, clientId),
      close: () => this.close(id),
      tell: (on) => this.#connection.send({ action: "typing", conversation_id: id, on }),
    });
  }

  /** @param {Frame} welcome */
  #ready(welcome) {
    const { open_conversations: most = this.#threads.most, ...limits } = welcome["limits"] ?? {};
    this.#threads.most = most;
    this.post.limits = { ...this.post.limits, ...limits };
    this.models = welcome["models"] ?? [];
    this.roles = welcome["user"]?.["roles"] ?? [];
    this.#requests.forget();
    this.#renewal.greeted(welcome);
    for (const { stopper } of this.#threads.all) stopper.resume();
    for (const { room } of this.#threads.open) room.open();
    this.#threads.admit();
    if (this.#threads.all.length === 0) this.#connection.retireOld();
    this.#events.onActivity(null);
  }

  /** @param {boolean} wasTooLarge */
  #down(wasTooLarge) {
    this.#requests.forget();
    this.#renewal.stop();
    for (const { room, writer } of this.#threads.all) {
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
    for (const { room } of this.#threads.all) room.noteHead(heads[room.id]);
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
    this.#threads.closeIfIdle(id);
  }

  /** @param {string} id */
  #live(id) {
    const threads = this.#threads.all.filter(({ phase }) => phase !== "away");
    if (threads.every(({ room }) => room.isSettled)) this.#connection.retireOld();
    this.#threads.get(id)?.writer.pump();
    this.#threads.closeIfIdle(id);
  }

  /**
   * @param {string} id
   * @param {string} code
   */
  #gone(id, code) {
    this.#threads.get(id)?.writer.giveUp({ code, message: "", retryable: false });
    this.#threads.get(id)?.emit("gone", { code });
    this.#threads.admit();
  }
}
