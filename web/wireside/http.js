/** @import {Clock} from "./clock.js" */
/** @import {Refusal} from "./types.js" */
import { Backoff } from "./backoff.js";
import { WiresideError } from "./errors.js";

const TRIES = 3;
const LONGEST_WAIT_MS = 5_000;

/** @type {Refusal} */
const UNREACHABLE = { code: "unreachable", message: "The service cannot be reached.", retryable: true };

/** Requests of somebody who is signed in, or of nobody. Every method raises `WiresideError`. */
export class Http {
  #base;
  #token;
  #newId;
  #clock;
  #fetch;

  /**
   * @param {{base: string, token: () => string, newId: () => string, clock: Clock, fetch?: typeof globalThis.fetch | undefined}} how a token is sent in a header,
   *   never in an address
   */
  constructor({ base, token, newId, clock, fetch }) {
    this.#fetch = fetch;
    this.#base = base;
    this.#token = token;
    this.#newId = newId;
    this.#clock = clock;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @returns {Promise<any>} `null` where nothing came
   */
  async ask(method, path, body) {
    return bodyOf(await this.#send(method, path, body));
  }

  /**
   * Read a page of a file.
   *
   * @param {string} path
   * @returns {Promise<{text: string, cursor: string}>} `cursor` of the next page, empty for the last one
   */
  async page(path) {
    const response = await this.#send("GET", path);
    return { text: await response.text(), cursor: response.headers.get("X-Next-Cursor") ?? "" };
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @returns {Promise<Response>} that is fine
   */
  async #send(method, path, body) {
    const token = this.#token();
    /** @type {Record<string, string>} */
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    if (body) headers["Content-Type"] = "application/json";
    if (method !== "GET") headers["Idempotency-Key"] = this.#newId();
    /** @type {RequestInit} */
    const init = { method, headers, cache: "no-store", referrerPolicy: "no-referrer", ...(body && { body: JSON.stringify(body) }) };
    return this.#tried(() => reach(`${this.#base}/v1${path}`, init, this.#fetch));
  }

  /**
   * Ask up to three times: the same `Idempotency-Key` makes that safe.
   *
   * @param {() => Promise<Response>} request
   * @returns {Promise<Response>}
   */
  async #tried(request) {
    const backoff = new Backoff(this.#clock, { baseMs: 500, capMs: 10_000 });
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await fine(await request());
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
  if (error instanceof WiresideError) return error.refusal;
  throw error;
}

/**
 * @param {string} url
 * @param {RequestInit} init
 * @param {typeof globalThis.fetch} [ask]
 * @returns {Promise<Response>}
 */
export async function reach(url, init, ask = fetch) {
  try {
    return await ask(url, init);
  } catch {
    throw new WiresideError(UNREACHABLE);
  }
}

/**
 * @param {Response} response
 * @returns {Promise<Response>} the same, where it is no refusal
 */
export async function fine(response) {
  if (response.ok) return response;
  const code = response.status === 401 ? "unauthorized" : "unavailable";
  const refusal = (await bodyOf(response))?.error;
  throw new WiresideError(refusal ?? { code, message: `HTTP ${response.status}`, retryable: response.status >= 500 });
}

/**
 * @param {Response} response
 * @returns {Promise<any>} `null` where nothing came
 */
export async function bodyOf(response) {
  return response.json().catch(() => null);
}
