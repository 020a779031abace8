import assert from "node:assert/strict";
import { Client } from "../../web/wireside/client.js";
import { Outbox } from "../../web/wireside/outbox.js";
import { MemoryShelf } from "../../web/wireside/shelf.js";
import { ANA, conversation, FakeApi, FakeClock, FakeSocket } from "./fakes.mjs";

export const MINUTE_MS = 60_000;

/** A client, and the service's side of its sockets. */
export class Scene {
  clock = new FakeClock();
  sockets = [];
  states = [];
  goodbyes = [];
  expired = 0;
  wanted = 0;
  over = false;

  constructor(log = [], shelf = new MemoryShelf()) {
    this.shelf = shelf;
    this.log = log;
    this.api = new FakeApi(log);
    let ids = 0;
    this.client = new Client(
      {
        api: this.api, clock: this.clock, userId: ANA.id,
        outbox: new Outbox(shelf, "outbox", { entries: shelf.boxes.get("outbox") }),
        newId: () => `id${(ids += 1)}`, address: () => ({ url: "ws://test", token: "jwt" }),
        dial: (_, protocols) => {
          this.sockets.push(new FakeSocket(protocols));
          return this.socket;
        },
      },
      {
        onState: (state) => this.states.push(state), onThread: () => {}, onEntered: () => {}, onActivity: () => {}, onGoodbye: ({ reason }) => this.goodbyes.push(reason),
        onNotWelcome: () => {}, onFailure: (error) => assert.fail(error), onExpired: () => (this.expired += 1),
        onTokenWanted: ({ isOver }) => ((this.wanted += 1), (this.over ||= isOver)),
      },
    );
  }

  get socket() {
    return this.sockets.at(-1);
  }

  /** Greet the newest socket. */
  welcome(more = {}) {
    this.socket.open();
    this.socket.push({ type: "welcome", user: ANA, limits: {}, server_time: "2026-01-01T00:00:00Z", ...more });
  }

  /** Answer the newest `open` from the log. */
  answerOpen({ runs = [], epoch = "1.a" } = {}) {
    const { ref, after_seq } = this.socket.frames("open").at(-1);
    const head = this.log.length;
    const events = after_seq === undefined ? this.log.slice(-50) : this.log.slice(after_seq);
    this.socket.push({
      type: "opened", ref, conversation_id: "c1", conversation: conversation({ head }), epoch, head, n: head, runs,
    });
    this.socket.push({ type: "events", ref, conversation_id: "c1", epoch, events, head, more: false });
  }

  /** Store an event and let everybody know. */
  tell(event) {
    this.log.push(event);
    this.socket.push({ type: "event", conversation_id: "c1", epoch: "1.a", event });
  }

  /** Let minutes pass on a line that lives. */
  stay(minutes) {
    for (let half = 0; half < 2 * minutes; half += 1) {
      this.clock.pass(MINUTE_MS / 2);
      this.socket.push({ type: "pong", heads: {} });
    }
  }

  /** Have the conversation open and live. */
  enter() {
    this.client.wake();
    const thread = this.client.show("c1");
    this.welcome();
    this.answerOpen();
    return thread;
  }
}
