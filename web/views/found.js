/** @import {Found, FoundPage} from "../wireside/types.js" */
import { element } from "./dom.js";
import { failureText, hasCode } from "./errors.js";
import { shortTime } from "./times.js";

const TYPED_MS = 300;
const SHORTEST = 2;

/** Messages that have what was searched for, in all conversations of whoever searches. */
export class FoundView {
  #find;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #query = "";
  #list = element("ul", { class: "found" });
  #state = element("p", { class: "none", role: "status" });
  node = element("section", { "aria-labelledby": "found-heading", hidden: true }, element("h2", { id: "found-heading" }, "Messages"), this.#state, this.#list);

  /** @param {(query: string) => Promise<FoundPage>} find */
  constructor(find) {
    this.#find = find;
  }

  /** @param {string} query once it is typed; what is too short finds nothing */
  search(query) {
    clearTimeout(this.#timer);
    this.#query = query;
    this.node.hidden = Array.from(query).length < SHORTEST;
    this.#list.replaceChildren();
    if (this.node.hidden) return;
    this.#state.textContent = "Searching…";
    this.#timer = setTimeout(() => void this.#ask(query), TYPED_MS);
  }

  /** @param {string} query */
  async #ask(query) {
    try {
      const found = await this.#find(query);
      if (query === this.#query) this.#show(found);
    } catch (error) {
      if (query === this.#query) this.#tell(hasCode(error, "invalid_field") ? "Type a word." : failureText(error));
    }
  }

  /** @param {FoundPage} found */
  #show({ items, complete }) {
    const words = wordsOf(this.#query);
    this.#list.replaceChildren(...items.map((each) => itemNode(each, words)));
    const count = items.length === 0 ? "No message has that in it." : `${items.length} found.`;
    this.#tell(complete ? count : `${count} There may be older ones: ask more precisely.`);
  }

  /** @param {string} text */
  #tell(text) {
    this.#state.textContent = text;
  }
}

/**
 * @param {string} query
 * @returns {RegExp} its words, wherever they are
 */
function wordsOf(query) {
  const words = query.split(/\s+/).filter((word) => word !== "").map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`(${words.join("|")})`, "iu");
}

/**
 * @param {Found} found
 * @param {RegExp} words that were searched for
 */
function itemNode({ conversation_id: id, title, seq, at, sender, snippet }, words) {
  return element(
    "li",
    {},
    element(
      "a",
      { href: `#/c/${id}/${seq}` },
      element("span", { class: "title", dir: "auto" }, sender.name),
      element("time", { datetime: at }, shortTime(at, new Date())),
      element("span", { class: "snippet", dir: "auto" }, ...snippet.split(words).map((part, index) => (index % 2 ? element("mark", {}, part) : part))),
      element("span", { class: "members", dir: "auto" }, title ?? "Without a name"),
    ),
  );
}
