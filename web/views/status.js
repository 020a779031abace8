/** @import {State} from "../wireside/connection.js" */
import { element } from "./dom.js";

/** A new connection takes less than that on most lines. */
const PATIENCE_MS = 8_000;
const OFFLINE = "You are offline. What you write is kept, and sent when you are back.";
const UNREACHABLE = "Wireside cannot be reached right now. What you write is kept, and sent when it can.";

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
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #late;
  #unsafe = element(
    "p", { class: "unsafe", role: "alert", hidden: true },
    "This browser keeps nothing of what you write: leave the page only once it is sent.",
  );
  node = element("div", { class: "notices" }, this.#announcement, this.#unsafe);
  /** What to expect while there is no connection, for everybody to see; not shown for a blink. */
  banner = element("div", { class: "banner", hidden: true });

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
    this.#showBanner(isConnected, isOnline);
  }

  /**
   * @param {boolean} isConnected
   * @param {boolean} isOnline
   */
  #showBanner(isConnected, isOnline) {
    this.banner.textContent = isOnline ? UNREACHABLE : OFFLINE;
    if (isConnected || !isOnline) {
      clearTimeout(this.#late);
      this.#late = undefined;
      this.banner.hidden = isConnected;
    } else {
      this.#late ??= setTimeout(() => (this.banner.hidden = false), PATIENCE_MS);
    }
  }

  /** @param {boolean} isSafe whether what is written survives a reload */
  tellStorage(isSafe) {
    this.#unsafe.hidden = isSafe;
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
