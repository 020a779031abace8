/** @import {MessageRow, NoticeRow, PendingRow, Row, WritingRow} from "./rows.js" */
import { avatar, ROLES } from "./avatar.js";
import { callNode } from "./call.js";
import { element } from "./dom.js";
import { messageNode, quoteNode, remnantNode } from "./message.js";
import { prose } from "./prose.js";
import { clockTime, fullDay, noticeText, unsentText } from "./texts.js";

const ABOVE = { nothing: "The beginning", earlier: "Loading earlier messages…", loading: "Loading…" };

/**
 * @typedef {{
 *   retry: (clientId: string) => void, discard: (clientId: string) => void,
 *   react: (seq: number, emoji: string, on: boolean) => void,
 *   approve: (seq: number, approved: boolean) => void,
 *   menu: (row: MessageRow, anchor: HTMLElement) => void, jump: (seq: number) => void,
 * }} RowActions
 */

/**
 * @param {Row} row
 * @param {RowActions} actions
 * @returns {HTMLLIElement}
 */
export function rowNode(row, actions) {
  switch (row.type) {
    case "beginning":
      return element("li", { class: "beginning" }, ABOVE[row.above]);
    case "day":
      return element("li", { class: "day" }, element("time", { datetime: row.at, title: fullDay(row.at) }, row.text));
    case "new":
      return element("li", { class: "new-line" }, element("span", {}, "New"));
    case "notice":
      return noticeNode(row);
    case "message":
      return messageNode(row, actions);
    case "call":
      return callNode(row, actions);
    case "remnant":
      return remnantNode(row);
    case "writing":
      return writingNode(row);
    case "pending":
      return pendingNode(row, actions);
  }
}

/** @param {NoticeRow} row */
function noticeNode({ notice }) {
  const tone = notice.kind === "run_failed" ? "notice failed" : "notice";
  return element("li", { class: tone, "data-seq": String(notice.seq) }, noticeText(notice));
}

/** @param {WritingRow} row */
function writingNode({ sender, text, isCut, isRetrying }) {
  return element(
    "li",
    { class: "message from-assistant writing" },
    avatar(sender),
    element(
      "div",
      { class: "bubble" },
      element(
        "div",
        { class: "byline" },
        element("span", { class: "name", dir: "auto" }, sender.name),
        element("span", { class: "role" }, ROLES.assistant),
        element("span", { class: "state" }, isRetrying ? "is trying again" : "is writing", dots()),
      ),
      isCut ? element("p", { class: "hint" }, "… the beginning follows when the answer is complete") : null,
      text ? prose(text) : null,
    ),
  );
}

/** @returns {HTMLElement} decoration */
export function dots() {
  return element("span", { class: "dots", "aria-hidden": "true" }, ...[1, 2, 3].map(() => element("i")));
}

/**
 * @param {PendingRow} row
 * @param {RowActions} actions
 */
function pendingNode({ entry: { clientId, write, createdAt, refusal }, quote }, actions) {
  return element(
    "li",
    { class: `message from-human mine pending${refusal ? " refused" : ""}` },
    element(
      "div",
      { class: "bubble" },
      element("div", { class: "byline" }, element("time", { datetime: createdAt }, clockTime(createdAt))),
      quote && quoteNode(quote, actions),
      "text" in write ? prose(write.text) : null,
      element("p", { class: "delivery" }, refusal ? unsentText(write.action, refusal) : "Sending…"),
      refusal
        ? element(
            "div",
            { class: "actions" },
            element("button", { type: "button", class: "small", onclick: () => actions.retry(clientId) }, "Try again"),
            element("button", { type: "button", class: "small quiet", onclick: () => actions.discard(clientId) }, "Discard"),
          )
        : null,
    ),
  );
}
