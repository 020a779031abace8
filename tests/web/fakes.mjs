/** A clock, sockets, storage and an HTTP API in the hands of a test. */
import assert from "node:assert/strict";
import { MemoryShelf } from "../../web/wireside/shelf.js";

export class FakeClock {
  #now = Date.parse("2026-01-01T00:00:00Z");
  #timers = [];

  now = () => this.#now;
  random = () => 1;
  after = (milliseconds, action) => {
    const timer = { at: this.#now + milliseconds, action };
    this.#timers.push(timer);
    return () => (this.#timers = this.#timers.filter((each) => each !== timer));
  };

  /** Whether nothing is due ever. */
  get isIdle() {
    return this.#timers.length === 0;
  }

  /** Let time pass; what falls due happens in its order. */
  pass(milliseconds) {
    const until = this.#now + milliseconds;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((each) => each !== due);
      this.#now = Math.max(this.#now, due.at);
      due.action();
    }
    this.#now = until;
  }
}

/** Chance that is the same in every run: mulberry32. */
export function chance(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The browser's WebSocket, as the other side sees it. */
export class FakeSocket {
  readyState = 0;
  sent = [];

  constructor(protocols) {
    this.protocols = protocols;
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  open() {
    this.readyState = 1;
    this.onopen();
  }

  push(frame) {
    this.onmessage({ data: JSON.stringify(frame) });
  }

  drop(code = 1006) {
    this.readyState = 3;
    this.onclose({ code });
  }

  /** What was sent with this action, oldest first. */
  frames(action) {
    return this.sent.filter((frame) => frame.action === action);
  }
}

/** The browser's storage; it may be full. */
export class FakeStorage {
  isFull = false;

  getItem(key) {
    return Object.hasOwn(this, key) ? this[key] : null;
  }

  setItem(key, value) {
    if (this.isFull) throw new DOMException("full", "QuotaExceededError");
    this[key] = String(value);
  }

  removeItem(key) {
    delete this[key];
  }
}

/** A shelf that takes as long as a test wants, and refuses when it says so. */
export class SlowShelf extends MemoryShelf {
  kind = "indexeddb";
  writes = [];

  write(boxes) {
    const copy = structuredClone(boxes);
    return new Promise((resolve, reject) => {
      this.writes.push({ store: () => (super.write(copy), resolve()), refuse: () => reject(new DOMException("full", "QuotaExceededError")) });
    });
  }

  /** Let the oldest write that waits be done. */
  async store() {
    this.writes.shift().store();
    await settled();
  }

  async refuse() {
    this.writes.shift().refuse();
    await settled();
  }
}

/** The browser's locks, as several tabs share them. */
export class FakeLocks {
  #held = new Set();

  async request(name, { ifAvailable }, use) {
    if (this.#held.has(name)) {
      assert.ok(ifAvailable);
      return use(null);
    }
    this.#held.add(name);
    try {
      return await use({ name });
    } finally {
      this.#held.delete(name);
    }
  }
}

/** An HTTP API over a log that the test holds. */
export class FakeApi {
  epoch = "1.a";
  asked = [];

  constructor(log) {
    this.log = log;
  }

  async conversation() {
    return conversation({ head: this.log.length });
  }

  async events(id, where, limit) {
    this.asked.push(where);
    const head = this.log.length;
    const found =
      "before_seq" in where
        ? this.log.filter(({ seq }) => seq < where.before_seq).slice(-limit)
        : this.log.filter(({ seq }) => seq > where.after_seq).slice(0, limit);
    return { events: found, head, epoch: this.epoch };
  }
}

export const ANA = { id: "ana", name: "Ana", type: "human" };
export const BEN = { id: "ben", name: "Ben", type: "human" };
export const DEMO = { id: "assistant:demo", name: "Demo", type: "assistant" };

export function message(seq, text, { sender = BEN, ...rest } = {}) {
  const { client_id, ...body } = rest;
  return {
    seq, n: seq, kind: "message", at: "2026-01-01T00:00:00.000Z", sender, body: { text, ...body },
    ...(client_id && { client_id }),
  };
}

export function event(seq, kind, body, sender = BEN) {
  return { seq, n: 0, kind, at: "2026-01-01T00:00:00.000Z", sender, body };
}

export function conversation(more = {}) {
  return { id: "c1", title: null, members: [ANA, BEN, DEMO], head: 0, n: 0, read_seq: 0, last_at: "", model: "demo", ...more };
}

/** Messages 1 … count. */
export function messages(count) {
  return Array.from({ length: count }, (_, index) => message(index + 1, `text ${index + 1}`));
}

/** Let promises that are settled go on. */
export async function settled() {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** Channels between the tabs of one browser. */
export class FakeChannels {
  #open = new Set();

  open(name) {
    const channel = {
      name, onmessage: null,
      postMessage: (data) => {
        const others = [...this.#open].filter((other) => other !== channel && other.name === name);
        for (const other of others) queueMicrotask(() => this.#open.has(other) && other.onmessage?.({ data: structuredClone(data) }));
      },
      close: () => this.#open.delete(channel),
    };
    this.#open.add(channel);
    return channel;
  }
}

/** A token of somebody that expires so many seconds after the beginning of 2026. */
export function tokenOf(sub, seconds) {
  const exp = Date.parse("2026-01-01T00:00:00Z") / 1000 + seconds;
  return `e30.${btoa(JSON.stringify({ sub, name: sub, exp }))}.x`;
}
