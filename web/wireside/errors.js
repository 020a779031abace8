/** @import {Refusal} from "./types.js" */

/**
 * What was asked for was not done. `code` is one of the protocol's, or one of this client's own:
 * `unreachable` (nobody answers), `stopped` (the client was stopped before an answer came),
 * `too_many_open` (close a conversation first), `no_token` (there is nobody to be).
 */
export class WiresideError extends Error {
  name = "WiresideError";

  /** @param {Refusal} refusal */
  constructor(refusal) {
    super(refusal.message || refusal.code);
    this.refusal = refusal;
  }

  get code() {
    return this.refusal.code;
  }

  /** Whether the same may succeed later. */
  get isRetryable() {
    return this.refusal.retryable;
  }
}

/**
 * Refuse what the service need not be asked about.
 *
 * @param {string} code
 * @returns {never}
 */
export function refuse(code) {
  throw failure(code);
}

/**
 * @param {string} code
 * @param {string} [message]
 * @returns {WiresideError} one that this client says itself
 */
export function failure(code, message = "") {
  return new WiresideError({ code, message, retryable: false });
}
