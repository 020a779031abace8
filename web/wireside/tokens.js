import { identityOf } from "./identity.js";

/**
 * Gives a token: a fresh one every time it is asked, or `null` where the person has to be asked
 * for one. It may fail where that is out of reach.
 *
 * @typedef {() => Promise<string | null>} TokenSource
 */

/**
 * The token that a person is known by, renewed in time, by one tab for all of them.
 */
export class Tokens {
  #userId;
  #ask;
  #locks;
  #events;
  #isAsking = false;
  #isEnded = false;
  /** Why the token is of no use any more, while no fresh one has come; empty for one that is. */
  #overFor = "";

  /**
   * @param {{userId: string, first: string, ask: TokenSource, locks: LockManager | undefined}} how
   * @param {{onFresh: (token: string, from: "here" | "another tab") => void, onOver: (code: string) => void}} events
   *   `onOver`: there is no other token to be had without asking the person
   */
  constructor({ userId, first, ask, locks }, events) {
    this.current = first;
    this.#userId = userId;
    this.#ask = ask;
    this.#locks = locks;
    this.#events = events;
  }

  /**
   * Get a fresh token where that can be done without asking.
   *
   * @param {{overFor: string}} token why the one of now is of no use any more; empty while it is
   */
  async renew({ overFor }) {
    this.#overFor ||= overFor;
    if (this.#isEnded || this.#isAsking) return;
    this.#isAsking = true;
    try {
      // One tab asks for all, unless there is no time to lose.
      if (this.#overFor || !this.#locks) await this.#renew();
      else await this.#locks.request(`wireside.token.${this.#userId}`, { ifAvailable: true }, async (lock) => {
        if (lock) await this.#renew();
      });
    } catch {
      // Out of reach: the next attempt to connect asks again.
    }
    this.#isAsking = false;
  }

  /** @param {string} token that another tab got */
  take(token) {
    if (identityOf(token)?.id === this.#userId && expiry(token) > expiry(this.current)) this.#carryOn(token, "another tab");
  }

  end() {
    this.#isEnded = true;
  }

  async #renew() {
    const fresh = await this.#ask();
    const isSame = fresh !== null && (identityOf(fresh)?.id ?? this.#userId) === this.#userId;
    if (isSame) this.#carryOn(fresh, "here");
    else if (this.#overFor && !this.#isEnded) this.#events.onOver(this.#overFor);
  }

  /**
   * @param {string} token
   * @param {"here" | "another tab"} from
   */
  #carryOn(token, from) {
    if (this.#isEnded) return;
    this.current = token;
    this.#overFor = "";
    this.#events.onFresh(token, from);
  }
}

/**
 * @param {string} token
 * @returns {number} seconds; nothing for what does not say
 */
function expiry(token) {
  return identityOf(token)?.expiresAt ?? 0;
}
