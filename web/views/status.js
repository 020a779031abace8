/** @import {State} from "../wireside/connection.js" */
import { element } from "./dom.js";

/** How the connection is, in a word and a sign; there may be several of it on the page. */
export class StatusView {
  /** @type {HTMLElement[]} */
  #badges = [];
  #announcement = element("p", { class: "visually-hidden", role: "status" });
  #text = "Connecting";
  #tone = "waiting";
  #wasConnected = false;
  node = this.#announcement;

  /** @returns {HTMLElement} */
  badge() {
    const badge = element("span", { class: "status" });
    this.#badges = [...this.#badges.filter((each) => each.isConnected), badge];
    this.#show();
    return badge;
  }

  /**
   * @param {State} state
   * @param {boolean} isOnline whether the device has a network
   */
  render(state, isOnline) {
    const isConnected = state === "connected" && isOnline;
    this.#tone = isConnected ? "connected" : isOnline ? "waiting" : "offline";
    this.#text = this.#textOf(isConnected, isOnline);
    if (this.#wasConnected || !isConnected) this.#announcement.textContent = this.#text;
    this.#wasConnected ||= isConnected;
    this.#show();
  }

  /**
   * @param {boolean} isConnected
   * @param {boolean} isOnline
   */
  #textOf(isConnected, isOnline) {
    if (isConnected) return "Connected";
    if (!isOnline) return "Offline";
    return this.#wasConnected ? "Reconnecting" : "Connecting";
  }

  #show() {
    for (const badge of this.#badges) {
      badge.textContent = this.#text;
      badge.dataset["tone"] = this.#tone;
    }
  }
}
