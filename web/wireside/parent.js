/** @import {Clock} from "./clock.js" */

const ANSWER_WITHIN_MS = 10_000;
const WANTED = "wireside.token_wanted";
const TOKEN = "wireside.token";

/**
 * The window, as far as this needs it.
 *
 * @typedef {{
 *   parent: {postMessage: (message: unknown, origin: string) => void},
 *   location: {origin: string},
 *   ReactNativeWebView?: {postMessage: (message: string) => void},
 *   addEventListener: (type: "message", listener: (event: MessageEvent) => void) => void,
 *   removeEventListener: (type: "message", listener: (event: MessageEvent) => void) => void,
 * }} Frame
 */

/**
 * The application that this page is embedded in: it knows who is signed in, and has their tokens.
 *
 * A page in a frame asks its parent, if that is of an origin that the page is configured for, and
 * believes nobody else. In a React Native web view it asks the application, which answers from
 * inside this page: whoever can run code here need not be asked who they are.
 */
export class ParentApplication {
  #frame;
  #origins;
  #clock;

  /**
   * @param {Frame} frame
   * @param {string[]} origins of the applications that may embed this page
   * @param {Clock} clock
   */
  constructor(frame, origins, clock) {
    this.#frame = frame;
    this.#origins = origins;
    this.#clock = clock;
  }

  /** Whether there is anybody to ask. */
  get isThere() {
    return this.#isNative || (/** @type {unknown} */ (this.#frame.parent) !== this.#frame && this.#origins.length > 0);
  }

  get #isNative() {
    return this.#frame.ReactNativeWebView !== undefined;
  }

  /** @returns {Promise<string>} a fresh token; rejects when none comes within 10 s */
  token() {
    return new Promise((resolve, reject) => {
      /** @param {MessageEvent} event */
      const listen = (event) => {
        const token = this.#isFromParent(event) ? tokenIn(event.data) : null;
        if (token === null) return;
        end();
        resolve(token);
      };
      const cancel = this.#clock.after(ANSWER_WITHIN_MS, () => {
        end();
        reject(new Error("the application that this page is part of gives no token"));
      });
      const end = () => {
        cancel();
        this.#frame.removeEventListener("message", listen);
      };
      this.#frame.addEventListener("message", listen);
      this.#ask();
    });
  }

  #ask() {
    if (this.#frame.ReactNativeWebView) return this.#frame.ReactNativeWebView.postMessage(JSON.stringify({ type: WANTED }));
    for (const origin of this.#origins) this.#frame.parent.postMessage({ type: WANTED }, origin);
  }

  /**
   * @param {MessageEvent} event
   * @returns {boolean}
   */
  #isFromParent({ source, origin }) {
    /** @type {unknown} */
    const from = source;
    if (this.#isNative) return from === this.#frame && origin === this.#frame.location.origin;
    return from === this.#frame.parent && this.#origins.includes(origin);
  }
}

/**
 * @param {unknown} data
 * @returns {string | null}
 */
function tokenIn(data) {
  const message = /** @type {{type?: unknown, token?: unknown} | null} */ (typeof data === "object" ? data : null);
  return message?.type === TOKEN && typeof message.token === "string" && message.token ? message.token : null;
}
