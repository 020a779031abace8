/** @import {Event, Refusal} from "./types.js" */
import { WiresideError } from "./errors.js";

/** Who waits for what a write becomes. Nobody has to. */
export class Promises {
  /** @type {Map<string, {resolve: (event: Event) => void, reject: (error: Error) => void}>} by client id */
  #waiting = new Map();

  /**
   * @param {string} clientId
   * @returns {Promise<Event>}
   */
  of(clientId) {
    /** @type {Promise<Event>} */
    const promise = new Promise((resolve, reject) => void this.#waiting.set(clientId, { resolve, reject }));
    // A refusal that nobody waits for is told by an event, and is no error of the page.
    promise.catch(() => {});
    return promise;
  }

  /**
   * @param {string} clientId
   * @param {Event} event
   */
  resolve(clientId, event) {
    this.#take(clientId)?.resolve(event);
  }

  /**
   * @param {string} clientId
   * @param {Refusal} refusal
   */
  reject(clientId, refusal) {
    this.#take(clientId)?.reject(new WiresideError(refusal));
  }

  /** @param {Error} error */
  rejectAll(error) {
    for (const clientId of [...this.#waiting.keys()]) this.#take(clientId)?.reject(error);
  }

  /** @param {string} clientId */
  #take(clientId) {
    const waiting = this.#waiting.get(clientId);
    this.#waiting.delete(clientId);
    return waiting;
  }
}
