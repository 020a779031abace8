/** @import {Clock} from "./clock.js" */
/** @import {Draft} from "./drafts.js" */
/** @import {State} from "./connection.js" */
/** @import {Dial} from "./link.js" */
/** @import {Place} from "./place.js" */
/** @import {Shelf} from "./shelf.js" */
/** @import {Said} from "./tabs.js" */
/** @import {TokenSource} from "./tokens.js" */
/** @import {Event, Frame, Named} from "./types.js" */
import { Api } from "./api.js";
import { Client } from "./client.js";
import { systemClock } from "./clock.js";
import { Collector } from "./collector.js";
import { Drafts } from "./drafts.js";
import { Emitter } from "./emitter.js";
import { failure, WiresideError } from "./errors.js";
import { identityOf } from "./identity.js";
import { newId } from "./ids.js";
import { Outbox } from "./outbox.js";
import { browser } from "./place.js";
import { bestShelf } from "./storage.js";
import { Boxes } from "./tab.js";
import { Tabs } from "./tabs.js";
import { Tokens } from "./tokens.js";

const SIGN_IN_CODES = new Set(["unauthorized", "token_expired"]);

/**
 * @typedef {{
 *   api: string, websocket: string, token: TokenSource,
 *   firstToken?: string | undefined, userId?: string | undefined, shelf?: Shelf | undefined,
 *   place?: Place, clock?: Clock, dial?: Dial, fetch?: typeof globalThis.fetch,
 * }} Options `api` is where `/v1/` is found, `websocket` begins with `wss:` or `ws:`. `token` is asked
 *   at the beginning, unless there is a `firstToken`, and whenever a fresh one is needed. `userId` is
 *   needed where tokens are no JWTs. `shelf` keeps what is not sent yet; browsers have one.
 *
 * @typedef {{
 *   state: State,
 *   change: {conversationId: string},
 *   events: {conversationId: string, events: Event[]},
 *   activity: Frame | null,
 *   draft: {conversationId: string, draft: Draft},
 *   storage: {isSafe: boolean, kind: Shelf["kind"], error: unknown},
 *   token: string,
 *   goodbye: {reason: string, reconnect: boolean},
 *   signedout: {code: string},
 *   failure: WiresideError,
 * }} Told `change`: something in an open conversation; `events`: what joined it live; `activity`:
 *   something happened elsewhere, `null` when any of that may have been missed; `draft`: of another
 *   tab; `storage`: whether what is written now survives a reload; `token`: a fresh one; `signedout`:
 *   no token is to be had without asking the person, or they left in another tab (`code` is empty
 *   then), or deleted their data in another tab or on another device (`forgotten`), and the client
 *   has stopped; `failure`: something in the background failed and is tried again.
 */

/**
 * A person's way in: one connection that comes back, their open conversations, and what they have
 * written and not sent.
 *
 * @extends {Emitter<Told>}
 */
export class Wireside extends Emitter {
  #options;
  #client;
  #tokens;
  #tabs;
  #boxes;
  #outbox;
  #shelf;
  #collector;
  #ended = new AbortController();

  /**
   * Use `connect`.
   *
   * @param {Required<Pick<Options, "api" | "websocket" | "token" | "place" | "clock" | "dial">> & {userId: string, fetch?: typeof globalThis.fetch}} options
   * @param {{first: string, shelf: Shelf, boxes: Boxes, box: string, entries: import("./outbox.js").Entry[]}} found
   */
  constructor(options, { first, shelf, boxes, box, entries }) {
    super();
    const { api, websocket, token, place, clock, dial, userId, fetch } = options;
    this.#options = options;
    this.#shelf = shelf;
    this.#boxes = boxes;
    this.user = { id: userId, name: identityOf(first)?.name ?? userId };
    this.#outbox = new Outbox(shelf, box, { entries, onSafety: (isSafe, error) => this.#told(isSafe, error) });
    this.#tokens = new Tokens({ userId, first, ask: token, locks: place.locks }, {
      onFresh: (fresh, from) => this.#carryOn(fresh, from),
      onOver: (code) => this.#leave(code),
    });
    this.#tabs = new Tabs(place.channel?.(`wireside.${userId}`), (said) => this.#hear(said));
    this.drafts = new Drafts({
      userId, storage: place.localStorage,
      tell: (conversationId, draft) => this.#tabs.say({ type: "draft", conversationId, draft }),
    });
    this.api = new Api({ base: api, token: () => this.#tokens.current, newId, clock, fetch });
    this.#collector = new Collector({ shelf, local: place.localStorage, boxes, clock }, {
      onFound: (left, unsent) => this.#client.post.adopt(left, unsent),
      onMoved: (empty) => this.#outbox.whenStored(() => this.#outbox.isSafe && empty()),
      onFailure: (error) => this.#told(false, error),
    });
    this.#client = new Client(
      { api: this.api, clock, dial, userId, newId, outbox: this.#outbox, address: () => ({ url: websocket, token: this.#tokens.current }) },
      {
        onState: (state) => this.emit("state", state),
        onThread: (conversationId) => this.emit("change", { conversationId }),
        onEntered: (conversationId, events) => this.emit("events", { conversationId, events }),
        onActivity: (frame) => this.emit("activity", frame),
        onExpired: () => void this.#tokens.renew({ overFor: "token_expired" }),
        onTokenWanted: ({ isOver }) => void this.#tokens.renew({ overFor: isOver ? "token_expired" : "" }),
        onNotWelcome: () => void this.api.ticket().catch((error) => this.report(error)),
        onGoodbye: (goodbye) => this.#dismissed(goodbye),
        onFailure: (error) => this.report(error),
      },
    );
  }

  /** @returns {State} of the connection */
  get state() {
    return this.#client.state;
  }

  /** @returns {Named[]} the assistants that may be chosen */
  get models() {
    return this.#client.models;
  }

  /** @returns {string[]} what this person may be, as the service said last */
  get roles() {
    return this.#client.roles;
  }

  /** Where what is written waits until it is stored, and whether it would survive a reload. */
  get storage() {
    return { kind: this.#shelf.kind, isSafe: this.#outbox.isSafe };
  }

  /** Whether something is written that the service has not answered yet. */
  get isUnsent() {
    return this.#outbox.conversationIds.length > 0;
  }

  /** Begin: connect, stay connected, and look after what closed tabs left. */
  start() {
    this.#options.place.listen?.(() => this.wake(), this.#ended.signal);
    this.#client.wake();
    void this.#collector.look();
  }

  /** Connect at once, or make sure that the connection lives. */
  wake() {
    if (this.#ended.signal.aborted) return;
    this.#client.wake();
    void this.#collector.look();
  }

  /**
   * Follow a conversation. Raises `WiresideError` where as many are open as may be.
   *
   * @param {string} conversationId
   * @returns {import("./thread.js").Thread}
   */
  open(conversationId) {
    if (this.#ended.signal.aborted) throw failure("stopped", "the client was stopped");
    return this.#client.open(conversationId);
  }

  /**
   * Follow this conversation and no other, or none.
   *
   * @param {string | null} conversationId
   * @returns {import("./thread.js").Thread | null}
   */
  show(conversationId) {
    return this.#client.show(conversationId);
  }

  /** Be silent from now on. What is not answered is sent by the next client of this person. */
  stop() {
    this.#ended.abort();
    this.#collector.stop();
    this.#tokens.end();
    this.#client.stop();
    this.#tabs.close();
    this.#outbox.whenStored(() => this.#boxes.release());
  }

  /** Stop, in every tab of this person. */
  signOut() {
    this.#tabs.say({ type: "signed_out" });
    this.stop();
  }

  /**
   * Delete everything of this person, for good: what the service has, and what this browser keeps
   * of them. It stops, in all of their tabs. Rejects, and goes on, where the service refuses.
   */
  async deleteMe() {
    await this.api.deleteMe();
    this.#tabs.say({ type: "forgotten" });
    this.stop();
    await this.#wipe();
  }

  /**
   * Take note of what failed: a token that is over is renewed, anything else is told.
   *
   * @param {unknown} error of a request
   */
  report(error) {
    if (!(error instanceof WiresideError)) throw error;
    if (this.#ended.signal.aborted) return;
    if (SIGN_IN_CODES.has(error.code)) void this.#tokens.renew({ overFor: error.code });
    else this.emit("failure", error);
  }

  /** @param {Said} said */
  #hear(said) {
    if (said.type === "signed_out") this.#leave("");
    if (said.type === "forgotten") this.#forgotten();
    if (said.type === "token") this.#tokens.take(said.token);
    if (said.type !== "draft") return;
    const { conversationId, draft } = said;
    this.drafts.take(conversationId, draft);
    this.emit("draft", { conversationId, draft });
  }

  /** @param {{reason: string, reconnect: boolean}} goodbye */
  #dismissed(goodbye) {
    this.emit("goodbye", goodbye);
    if (goodbye.reason !== "removed") return;
    this.#tabs.say({ type: "forgotten" });
    this.#forgotten();
  }

  /** Whoever deleted their data elsewhere leaves nothing here. */
  #forgotten() {
    if (this.#ended.signal.aborted) return;
    this.#leave("forgotten");
    void this.#wipe();
  }

  /** Empty what is kept of this person in this browser; the client has stopped. */
  async #wipe() {
    this.drafts.clear();
    this.#outbox.clear();
    await this.#collector.empty();
  }

  /** @param {string} code */
  #leave(code) {
    this.stop();
    this.emit("signedout", { code });
  }

  /**
   * @param {string} token
   * @param {"here" | "another tab"} from
   */
  #carryOn(token, from) {
    if (from === "here") this.#tabs.say({ type: "token", token });
    this.#client.refresh(token);
    this.emit("token", token);
  }

  /**
   * @param {boolean} isSafe
   * @param {unknown} error
   */
  #told(isSafe, error) {
    this.emit("storage", { isSafe, kind: this.#shelf.kind, error });
  }
}

/**
 * Begin to talk to a service, as the person that the token is for. It need not be in reach yet:
 * what is written is kept until it is.
 *
 * @param {Options} options
 * @returns {Promise<Wireside>} rejects where there is no token, with what `token` rejected with or
 *   with a `WiresideError`
 */
export async function connect(options) {
  const { place = browser(), clock = systemClock, dial = (url, protocols) => new WebSocket(url, protocols) } = options;
  const first = options.firstToken ?? (await options.token());
  const userId = options.userId ?? identityOf(first ?? "")?.id;
  if (!first || !userId) throw failure("no_token", "there is no token that says whose it is");
  const shelf = options.shelf ?? (await bestShelf({ factory: place.indexedDB, local: place.localStorage, clock }));
  const boxes = new Boxes({ userId, session: place.sessionStorage, locks: place.locks, newId });
  const box = await boxes.own();
  const found = { first, shelf, boxes, box, entries: await shelf.read(box) };
  const wireside = new Wireside({ ...options, place, clock, dial, userId }, found);
  wireside.start();
  return wireside;
}
