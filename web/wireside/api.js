/** @import {Clock} from "./clock.js" */
/** @import {Conversation, Event, FoundPage, Shared, SharedPage} from "./types.js" */
import { bodyOf, fine, Http, reach } from "./http.js";

/** @typedef {{events: Event[], head: number, epoch: string}} Page ascending */

/** The HTTP API. Every method raises `WiresideError`. */
export class Api {
  #http;

  /**
   * @param {{base: string, token: () => string, newId: () => string, clock: Clock, fetch?: typeof globalThis.fetch | undefined}} how
   */
  constructor(how) {
    this.#http = new Http(how);
  }

  /**
   * @param {string} [cursor] where the page before ended
   * @param {number} [limit] at most 100: each costs the service two reads
   * @returns {Promise<{items: Conversation[], cursor?: string}>} most recent activity first
   */
  async conversations(cursor, limit = 100) {
    return this.#http.ask("GET", `/conversations?${new URLSearchParams({ limit: String(limit), ...(cursor && { cursor }) })}`);
  }

  /**
   * @param {string} id
   * @returns {Promise<Conversation>}
   */
  async conversation(id) {
    return this.#http.ask("GET", pathOf(id));
  }

  /**
   * @param {string} title empty for none
   * @returns {Promise<Conversation>}
   */
  async create(title) {
    return this.#http.ask("POST", "/conversations", title ? { title } : {});
  }

  /**
   * @param {string} id
   * @param {{title: string} | {reply_policy: string}} change
   * @returns {Promise<Conversation>}
   */
  async change(id, change) {
    return this.#http.ask("PATCH", pathOf(id), change);
  }

  /**
   * End a conversation, for everybody.
   *
   * @param {string} id
   * @returns {Promise<Conversation>}
   */
  async end(id) {
    return this.#http.ask("POST", `${pathOf(id)}/end`);
  }

  /**
   * Delete a conversation, for everybody and for good.
   *
   * @param {string} id
   */
  async delete(id) {
    await this.#http.ask("DELETE", pathOf(id));
  }

  /**
   * @param {string} id
   * @param {{user_id: string, name?: string}} member
   */
  async invite(id, member) {
    await this.#http.ask("POST", `${pathOf(id)}/members`, member);
  }

  /**
   * Remove somebody, or leave.
   *
   * @param {string} id
   * @param {string} userId
   */
  async remove(id, userId) {
    await this.#http.ask("DELETE", `${pathOf(id)}/members/${encodeURIComponent(userId)}`);
  }

  /**
   * Make an invitation for everybody who has it.
   *
   * @param {string} id
   * @returns {Promise<{token: string, expires_at: string}>}
   */
  async invitation(id) {
    return this.#http.ask("POST", `${pathOf(id)}/invites`);
  }

  /**
   * @param {string} token of an invitation
   * @returns {Promise<Conversation>}
   */
  async join(token) {
    return this.#http.ask("POST", "/conversations/join", { token });
  }

  /**
   * Take a conversation over, or hand it back. Operators only.
   *
   * @param {string} id
   * @param {"takeover" | "release"} deed
   * @returns {Promise<Conversation>}
   */
  async operate(id, deed) {
    return this.#http.ask("POST", `/admin${pathOf(id)}/${deed}`);
  }

  /**
   * Make the link by which everybody who has it reads what there is now. It takes the place of the one before.
   *
   * @param {string} id
   * @returns {Promise<Shared & {token: string}>}
   */
  async share(id) {
    return this.#http.ask("POST", `${pathOf(id)}/share`);
  }

  /**
   * Withdraw the link.
   *
   * @param {string} id
   */
  async unshare(id) {
    await this.#http.ask("DELETE", `${pathOf(id)}/share`);
  }

  /**
   * Read what is shared. Nobody has to be signed in.
   *
   * @param {string} token of the link
   * @param {string} cursor where the page before ended; empty for the first one
   * @returns {Promise<SharedPage>} oldest first
   */
  async shared(token, cursor) {
    const query = new URLSearchParams({ limit: "100", ...(cursor && { cursor }) });
    return this.#http.ask("GET", `/shared/${encodeURIComponent(token)}?${query}`);
  }

  /**
   * @param {string} id
   * @param {"json" | "md"} format
   * @param {string} cursor where the page before ended; empty for the first one
   * @returns {Promise<{text: string, cursor: string}>} a page of the whole log
   */
  async export(id, format, cursor) {
    return this.#http.page(`${pathOf(id)}/export?${new URLSearchParams({ format, ...(cursor && { cursor }) })}`);
  }

  /**
   * @param {string} q
   * @param {number} limit
   * @returns {Promise<FoundPage>} messages of my conversations, newest first
   */
  async search(q, limit) {
    return this.#http.ask("GET", `/search?${new URLSearchParams({ q, limit: String(limit) })}`);
  }

  /** Delete everything of whoever is signed in. `deleteMe` of the client empties this browser as well. */
  async deleteMe() {
    await this.#http.ask("DELETE", "/me");
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
    return this.#http.ask("GET", `${pathOf(id)}/events?${query}`);
  }

  /** Buy a ticket; the refusal tells why a connection is refused, which a WebSocket cannot. */
  async ticket() {
    return this.#http.ask("POST", "/tickets");
  }
}

/** @param {string} id */
function pathOf(id) {
  return `/conversations/${encodeURIComponent(id)}`;
}

/**
 * Sign in where the service runs on the visitor's own machine.
 *
 * @param {{sub: string, name: string}} person
 * @returns {Promise<{token: string, expires_at: string}>}
 */
export async function buyLocalToken(person) {
  const headers = { "Content-Type": "application/json" };
  return bodyOf(await fine(await reach("/local/token", { method: "POST", headers, body: JSON.stringify(person) })));
}
