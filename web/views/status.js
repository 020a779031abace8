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
  /** Whether the service lets no more connections of this person in. */
  #isCrowded = false;
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
    this.#isCrowded &&= !isConnected;
    this.#tone = isConnected ? "connected" : isOnline ? "waiting" : "offline";
    this.#text = this.#textOf(isConnected, isOnline);
    if (this.#wasConnected || !isConnected) this.#announcement.textContent = this.#text;
    this.#wasConnected ||= isConnected;
    this.#show();
  }

  /** Say why no connection comes about: there are as many as one person may have. */
  tellCrowded() {
    if (this.#tone !== "waiting") return;
    this.#isCrowded = true;
    this.#announcement.textContent = this.#text = this.#textOf(false, true);
    this.#show();
  }

  /**
   * @param {boolean} isConnected
   * @param {boolean} isOnline
   */
  #textOf(isConnected, isOnline) {
    if (isConnected) return "Connected";
    if (!isOnline) return "Offline";
    if (this.#isCrowded) return "Open in too many tabs";
    return this.#wasConnected ? "Reconnecting" : "Connecting";
  }

  #show() {
    for (const badge of this.#badges) {
      badge.textContent = this.#text;
      badge.dataset["tone"] = this.#tone;
    }
  }
}
