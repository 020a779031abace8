/** @import {Entry} from "../wireside/outbox.js" */
/** @import {MessageRow, NoticeRow, PendingRow, Row, WritingRow} from "./rows.js" */
import { avatar, ROLES } from "./avatar.js";
import { callNode } from "./call.js";
import { highlight } from "./code.js";
import { element } from "./dom.js";
import { messageNode, quoteNode, remnantNode, timeNode } from "./message.js";
import { graft } from "./patch.js";
import { GrowingProse, prose } from "./prose.js";
import { keepSelection } from "./selection.js";
import { noticeText, unsentText } from "./texts.js";
import { fullDay } from "./times.js";

/** What is refused for these is refused again. */
const TOO_LARGE = new Set(["text_too_long", "frame_too_large"]);
const ABOVE = { nothing: "The beginning", earlier: "Loading earlier messages…" };

/**
 * @typedef {{
 *   retry: (clientId: string) => void, discard: (clientId: string) => void, rewrite: (entry: Entry) => void,
 *   react: (seq: number, emoji: string, on: boolean) => void,
 *   approve: (seq: number, approved: boolean) => void,
 *   menu: (row: MessageRow, anchor: HTMLElement) => void, jump: (seq: number) => void,
 * }} RowActions
 */

/**
 * @param {Row} row
 * @param {RowActions} actions
 * @param {HTMLLIElement} [before] what stands for it so far
 * @returns {HTMLLIElement} `before`, where it could be changed: what grows is not made anew
 */
export function rowNode(row, actions, before) {
  if (row.type === "writing") return writingNode(row, before);
  const fresh = freshNode(row, actions);
  if (!before) return fresh;
  writings.get(before)?.text.end();
  writings.delete(before);
  const text = before.querySelector(".prose");
  if (text) keepSelection(text, () => graft(before, fresh));
  else graft(before, fresh);
  for (const pre of before.querySelectorAll("pre")) highlight(pre);
  return before;
}

/**
 * @param {Exclude<Row, WritingRow>} row
 * @param {RowActions} actions
 * @returns {HTMLLIElement}
 */
function freshNode(row, actions) {
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
    case "pending":
      return pendingNode(row, actions);
  }
}

/** @param {NoticeRow} row */
function noticeNode({ notice }) {
  const tone = notice.kind === "run_failed" ? "notice failed" : "notice";
  return element("li", { class: tone, "data-seq": String(notice.seq) }, noticeText(notice));
}

/** @type {WeakMap<HTMLLIElement, {state: HTMLElement, cut: HTMLElement, text: GrowingProse, isRetrying: boolean}>} */
const writings = new WeakMap();

/**
 * @param {WritingRow} row
 * @param {HTMLLIElement | undefined} before
 */
function writingNode(row, before) {
  const node = before && writings.has(before) ? before : newWritingNode(row);
  const parts = writings.get(node);
  if (!parts) return node;
  if (parts.isRetrying !== row.isRetrying) parts.state.replaceChildren(...stateOf(row));
  parts.isRetrying = row.isRetrying;
  parts.cut.hidden = !row.isCut;
  parts.text.show(row.text);
  return node;
}

/** @param {WritingRow} row */
function newWritingNode(row) {
  const state = element("span", { class: "state" }, ...stateOf(row));
  const cut = element("p", { class: "hint" }, "… the beginning follows when the answer is complete");
  const text = new GrowingProse({ breaks: false });
  const byline = element(
    "div",
    { class: "byline" },
    element("span", { class: "name", dir: "auto" }, row.sender.name),
    element("span", { class: "role" }, ROLES.assistant),
    state,
  );
  const node = element("li", { class: "message from-assistant writing" }, avatar(row.sender), element("div", { class: "bubble" }, byline, cut, text.node));
  writings.set(node, { state, cut, text, isRetrying: row.isRetrying });
  return node;
}

/** @param {WritingRow} row */
function stateOf({ isRetrying }) {
  return [isRetrying ? "is trying again" : "is writing", dots()];
}

/** @returns {HTMLElement} decoration */
export function dots() {
  return element("span", { class: "dots", "aria-hidden": "true" }, ...[1, 2, 3].map(() => element("i")));
}

/**
 * @param {PendingRow} row
 * @param {RowActions} actions
 */
function pendingNode({ entry, quote, isGrouped }, actions) {
  const { clientId, write, createdAt, refusal } = entry;
  return element(
    "li",
    { class: `message from-human mine pending${refusal ? " refused" : ""}${isGrouped ? " grouped" : ""}` },
    element(
      "div",
      { class: "bubble" },
      element("div", { class: "byline" }, timeNode(createdAt)),
      quote && quoteNode(quote, actions),
      "text" in write ? prose(write.text, { breaks: true }) : null,
      element("p", { class: "delivery" }, refusal ? unsentText(write.action, refusal) : "Sending…"),
      refusal
        ? element(
            "div",
            { class: "actions" },
            write.action === "send" && TOO_LARGE.has(refusal.code)
              ? element("button", { type: "button", class: "small", onclick: () => actions.rewrite(entry) }, "Edit")
              : element("button", { type: "button", class: "small", onclick: () => actions.retry(clientId) }, "Try again"),
            element("button", { type: "button", class: "small quiet", onclick: () => actions.discard(clientId) }, "Discard"),
          )
        : null,
    ),
  );
}
