/** A clock, sockets and an HTTP API in the hands of a test. */

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

export class FakeShelf {
  #items = new Map();

  getItem = (key) => this.#items.get(key) ?? null;
  setItem = (key, value) => void this.#items.set(key, value);
  removeItem = (key) => void this.#items.delete(key);
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
