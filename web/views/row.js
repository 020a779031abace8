/** @import {Message} from "../wireside/fold.js" */
/** @import {Sender} from "../wireside/types.js" */
/** @import {MessageRow, NoticeRow, PendingRow, Row, WritingRow} from "./rows.js" */
import { avatar, ROLES } from "./avatar.js";
import { element } from "./dom.js";
import { prose } from "./prose.js";
import { clockTime, errorText, finishText, noticeText } from "./texts.js";

const ABOVE = { nothing: "The beginning", earlier: "Loading earlier messages…", loading: "Loading…" };

/**
 * @typedef {{retry: (clientId: string) => void, discard: (clientId: string) => void}} RowActions
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
      return element("li", { class: "day" }, element("span", {}, row.text));
    case "notice":
      return noticeNode(row);
    case "message":
      return messageNode(row);
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

/** @param {MessageRow} row */
function messageNode({ message, isMine, isGrouped }) {
  const { seq, at, sender } = message;
  const side = `${isMine ? " mine" : ""}${isGrouped ? " grouped" : ""}`;
  return element(
    "li",
    { class: `message from-${sender.type}${side}`, "data-seq": String(seq) },
    isGrouped ? null : avatar(sender),
    element("div", { class: "bubble" }, byline(sender, at), ...bodyNodes(message)),
  );
}

/**
 * @param {Sender} sender
 * @param {string} at
 */
function byline(sender, at) {
  const role = ROLES[sender.type];
  return element(
    "div",
    { class: "byline" },
    element("span", { class: "name", dir: "auto" }, sender.name),
    role ? element("span", { class: "role" }, role) : null,
    element("time", { datetime: at, title: new Date(at).toLocaleString() }, clockTime(at)),
  );
}

/**
 * @param {Message} message
 * @returns {(Node | null)[]}
 */
function bodyNodes(message) {
  if (message.isDeleted) return [element("p", { class: "deleted" }, "This message was deleted.")];
  const finish = finishText(message.finishReason);
  const reactions = Object.entries(message.reactions).map(([emoji, who]) => `${emoji} ${who.length}`);
  return [
    prose(message.text),
    message.isEdited ? element("p", { class: "hint" }, "Edited") : null,
    message.isTruncated ? element("p", { class: "hint" }, "Loading the rest…") : null,
    reactions.length > 0 ? element("p", { class: "hint" }, reactions.join("  ")) : null,
    finish ? element("p", { class: "finish" }, finish) : null,
  ];
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
function pendingNode({ entry: { clientId, text, createdAt, refusal } }, actions) {
  return element(
    "li",
    { class: `message from-human mine pending${refusal ? " refused" : ""}` },
    element(
      "div",
      { class: "bubble" },
      element("div", { class: "byline" }, element("time", { datetime: createdAt }, clockTime(createdAt))),
      prose(text),
      element("p", { class: "delivery" }, refusal ? `Not sent. ${errorText(refusal.code)}` : "Sending…"),
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
