/** @import {Clock} from "./clock.js" */
/** @import {Conversation, Event, Refusal} from "./types.js" */
import { Backoff } from "./backoff.js";

const TRIES = 3;
const LONGEST_WAIT_MS = 5_000;

/** The service, the page, or something between them did not do what was asked. */
export class RequestFailed extends Error {
  /** @param {Refusal} refusal */
  constructor(refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/**
 * Refuse what the service need not be asked about.
 *
 * @param {string} code
 * @returns {never}
 */
export function refuse(code) {
  throw new RequestFailed({ code, message: "", retryable: false });
}

/** @type {Refusal} */
const UNREACHABLE = { code: "unreachable", message: "The service cannot be reached.", retryable: true };

/** @typedef {{events: Event[], head: number, epoch: string}} Page ascending */

/** The HTTP API. Every method raises `RequestFailed`. */
export class Api {
  #base;
  #token;
  #newId;
  #clock;

  /**
   * @param {{base: string, token: () => string, newId: () => string, clock: Clock}} how
   */
  constructor({ base, token, newId, clock }) {
    this.#clock = clock;
    this.#base = base;
    this.#token = token;
    this.#newId = newId;
  }

  /** @returns {Promise<Conversation[]>} most recent activity first */
  async conversations() {
    return (await this.#ask("GET", "/conversations?limit=100")).items;
  }

  /**
   * @param {string} id
   * @returns {Promise<Conversation>}
   */
  async conversation(id) {
    return this.#ask("GET", `/conversations/${encodeURIComponent(id)}`);
  }

  /**
   * @param {string} title empty for none
   * @returns {Promise<Conversation>}
   */
  async create(title) {
    return this.#ask("POST", "/conversations", title ? { title } : {});
  }

  /**
   * @param {string} id
   * @param {string} title
   * @returns {Promise<Conversation>}
   */
  async rename(id, title) {
    return this.#ask("PATCH", `/conversations/${encodeURIComponent(id)}`, { title });
  }

  /**
   * End a conversation, for everybody.
   *
   * @param {string} id
   * @returns {Promise<Conversation>}
   */
  async end(id) {
    return this.#ask("POST", `/conversations/${encodeURIComponent(id)}/end`);
  }

  /**
   * @param {string} id
   * @param {{user_id: string, name?: string}} member
   */
  async invite(id, member) {
    await this.#ask("POST", `/conversations/${encodeURIComponent(id)}/members`, member);
  }

  /**
   * @param {string} id
   * @param {{before_seq: number} | {after_seq: number}} where
   * @param {number} limit at most 300
   * @returns {Promise<Page>}
   */
  async events(id, where, limit) {
    const query = new URLSearchParams({ limit: String(limit) });
    for (const [name, seq] of Object.entries(where)) query.set(name, String(seq));
    return this.#ask("GET", `/conversations/${encodeURIComponent(id)}/events?${query}`);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @returns {Promise<any>}
   */
  async #ask(method, path, body) {
    /** @type {Record<string, string>} */
    const headers = { Authorization: `Bearer ${this.#token()}` };
    if (body) headers["Content-Type"] = "application/json";
    if (method !== "GET") headers["Idempotency-Key"] = this.#newId();
    /** @type {RequestInit} */
    const init = { method, headers, cache: "no-store", ...(body && { body: JSON.stringify(body) }) };
    return this.#tried(() => reach(`${this.#base}/v1${path}`, init));
  }

  /** Buy a ticket; the refusal tells why a connection is refused, which a WebSocket cannot. */
  async ticket() {
    return this.#ask("POST", "/tickets");
  }

  /**
   * Ask up to three times: the same `Idempotency-Key` makes that safe.
   *
   * @param {() => Promise<Response>} request
   * @returns {Promise<any>}
   */
  async #tried(request) {
    const backoff = new Backoff(this.#clock, { baseMs: 500, capMs: 10_000 });
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await answerOf(await request());
      } catch (error) {
        const { retryable, retry_after_ms: waitMs } = refusalOf(error);
        if (!retryable || attempt === TRIES || (waitMs ?? 0) > LONGEST_WAIT_MS) throw error;
        await new Promise((resolve) => void this.#clock.after(waitMs ?? backoff.next(), () => resolve(null)));
      }
    }
  }
}

/**
 * @param {unknown} error
 * @returns {Refusal}
 */
function refusalOf(error) {
  if (error instanceof RequestFailed) return error.refusal;
  throw error;
}

/**
 * Sign in where the service runs on the visitor's own machine.
 *
 * @param {{sub: string, name: string}} person
 * @returns {Promise<{token: string, expires_at: string}>}
 */
export async function buyLocalToken(person) {
  const headers = { "Content-Type": "application/json" };
  return answerOf(await reach("/local/token", { method: "POST", headers, body: JSON.stringify(person) }));
}

/**
 * @param {string} url
 * @param {RequestInit} init
 * @returns {Promise<Response>}
 */
async function reach(url, init) {
  try {
    return await fetch(url, init);
  } catch {
    throw new RequestFailed(UNREACHABLE);
  }
}

/**
 * @param {Response} response
 * @returns {Promise<any>} `null` where nothing came
 */
async function answerOf(response) {
  const body = await response.json().catch(() => null);
  if (response.ok) return body;
  const code = response.status === 401 ? "unauthorized" : "unavailable";
  throw new RequestFailed(body?.error ?? { code, message: `HTTP ${response.status}`, retryable: response.status >= 500 });
}
