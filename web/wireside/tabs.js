/**
 * What tabs of one person tell each other.
 *
 * @typedef {{type: "token", token: string}} TokenSaid a fresh one
 * @typedef {{type: "signed_out"}} SignedOutSaid
 * @typedef {{type: "forgotten"}} ForgottenSaid they deleted their data
 * @typedef {{type: "draft", conversationId: string, draft: import("./drafts.js").Draft}} DraftSaid
 * @typedef {TokenSaid | SignedOutSaid | ForgottenSaid | DraftSaid} Said
 *
 * @typedef {Pick<BroadcastChannel, "postMessage" | "close" | "onmessage">} Channel of this origin alone
 */

/** The other tabs of this person in this browser, where there can be any. */
export class Tabs {
  #channel;

  /**
   * @param {Channel | undefined} channel
   * @param {(said: Said) => void} onSaid
   */
  constructor(channel, onSaid) {
    this.#channel = channel;
    if (channel) channel.onmessage = ({ data }) => onSaid(data);
  }

  /** @param {Said} said */
  say(said) {
    this.#channel?.postMessage(said);
  }

  close() {
    this.#channel?.close();
    this.#channel = undefined;
  }
}
