/** @import {Api} from "../wireside/api.js" */
/** @import {SharedMessage, SharedPage} from "../wireside/types.js" */
import { resultsIn } from "../wireside/results.js";
import { avatar, ROLES } from "./avatar.js";
import { element, icon } from "./dom.js";
import { goesOn } from "./item-rows.js";
import { errorText, failureText, hasCode } from "./errors.js";
import { placeNode } from "./place.js";
import { prose } from "./prose.js";
import { resultsNode } from "./results.js";
import { finishText } from "./texts.js";
import { clockTime, dayOf, fullTime } from "./times.js";

/** A conversation as a link shows it to whoever has it: to be read, and nothing else. */
export class SharedView {
  #api;
  #token;
  #cursor = "";
  #day = "";
  /** @type {SharedMessage | null} what stands above the next one, on the same day */
  #before = null;
  #names = new Names();
  #heading = element("h1", { dir: "auto", tabindex: "-1" });
  #about = element("p", { class: "hint" });
  #list = element("ol", { class: "rows" });
  #state = element("p", { class: "none", role: "status" });
  #more = element("button", { type: "button", hidden: true, onclick: () => void this.load() }, "Show more");
  node = element("div", { class: "shared" });

  /**
   * @param {Pick<Api, "shared">} api
   * @param {string} token
   */
  constructor(api, token) {
    this.#api = api;
    this.#token = token;
    this.node.append(placeNode({ lead: "One moment", text: "Loading what was shared…", isBusy: true }));
  }

  /** Read on. What cannot be read is told. */
  async load() {
    this.#more.disabled = true;
    this.#state.textContent = "Loading…";
    try {
      this.#show(await this.#page());
    } catch (error) {
      this.#failed(error);
    }
    this.#more.disabled = false;
  }

  /** @returns {Promise<SharedPage>} the next one that has something to show, or the last one */
  async #page() {
    for (;;) {
      const page = await this.#api.shared(this.#token, this.#cursor);
      this.#cursor = page.cursor ?? "";
      if (page.items.length > 0 || !this.#cursor) return page;
    }
  }

  /** @param {SharedPage} page */
  #show({ title, created_at: at, items }) {
    if (!this.#list.isConnected) this.#begin(title, at);
    for (const item of items) this.#list.append(...this.#nodes(item));
    this.#more.hidden = !this.#cursor;
    this.#state.textContent = this.#cursor ? "" : this.#list.childElementCount > 0 ? "That is all of it." : "Nothing had been said by then.";
  }

  /**
   * @param {string | null} title
   * @param {string} at
   */
  #begin(title, at) {
    this.#heading.textContent = title ?? "A conversation";
    this.#about.textContent = `To be read only, as it was on ${fullTime(at)}. What was said later is not in it.`;
    document.title = `${title ?? "A conversation"} · Wireside`;
    this.node.replaceChildren(
      element("header", { class: "bar" }, element("div", { class: "brand" }, icon("flame"), "Wireside"), element("a", { href: "#/" }, "To my conversations")),
      element("main", {}, element("div", { class: "shared-head" }, this.#heading, this.#about), this.#list, this.#state, this.#more),
    );
  }

  /** @param {SharedMessage} item */
  #nodes(item) {
    const { at, sender } = item;
    const day = dayOf(at, new Date());
    const isNewDay = day !== this.#day;
    const before = isNewDay ? null : this.#before;
    this.#day = day;
    this.#before = item;
    const isGrouped = before?.sender.key === sender.key && sender.type !== "assistant" && goesOn(before.at, at);
    const node = messageNode(item, { name: this.#names.of(sender), isGrouped });
    return isNewDay ? [element("li", { class: "day" }, element("time", { datetime: at }, day)), node] : [node];
  }

  /** @param {unknown} error */
  #failed(error) {
    const text = hasCode(error, "not_found") ? errorText("no_share") : failureText(error);
    this.#state.textContent = text;
    if (this.#list.isConnected && !hasCode(error, "not_found")) return void (this.#more.hidden = false);
    const again = element("button", { type: "button", onclick: () => void this.load() }, "Try again");
    const actions = hasCode(error, "not_found") ? [] : [again];
    this.node.replaceChildren(placeNode({ lead: "Nothing to read here", text, actions }));
  }
}

/** Names that tell people apart: who shares a name with somebody before them gets a number. */
export class Names {
  /** @type {Map<string, string>} by the sender's key */
  #told = new Map();

  /**
   * @param {{key: string, name: string}} sender
   * @returns {string}
   */
  of({ key, name }) {
    const known = this.#told.get(key);
    if (known !== undefined) return known;
    const taken = new Set(this.#told.values());
    let told = name;
    for (let count = 2; taken.has(told); count += 1) told = `${name} (${count})`;
    this.#told.set(key, told);
    return told;
  }
}

/**
 * @param {SharedMessage} message
 * @param {{name: string, isGrouped: boolean}} how
 */
function messageNode({ at, sender, text, edited, deleted, regenerates, finish_reason: finish, items }, { name, isGrouped }) {
  const finished = finishText(finish ?? null);
  const mark = edited ? "edited" : regenerates ? "another answer" : "";
  return element(
    "li",
    { class: `message from-${sender.type}${isGrouped ? " grouped" : ""}${isGrouped && mark ? " marked" : ""}` },
    isGrouped ? null : avatar({ id: sender.key, name, type: sender.type }),
    element(
      "div",
      { class: "bubble" },
      element(
        "div",
        { class: "byline" },
        element("span", { class: "name", dir: "auto" }, name),
        ROLES[sender.type] ? element("span", { class: "role" }, ROLES[sender.type]) : null,
        element("time", { datetime: at, title: fullTime(at) }, clockTime(at)),
        mark ? element("span", { class: "mark" }, mark) : null,
      ),
      deleted ? element("p", { class: "deleted" }, "Message deleted") : prose(text, { breaks: sender.type !== "assistant" }),
      resultsNode(resultsIn({ items })),
      finished === null ? null : element("p", { class: `finish finish-${finish}` }, finished),
    ),
  );
}
