/** @import {Message} from "../wireside/fold.js" */
/** @import {Sender} from "../wireside/types.js" */
/** @import {MessageRow, Quote, RemnantRow} from "./rows.js" */
/** @import {RowActions} from "./row.js" */
import { isListOf } from "../wireside/results.js";
import { avatar, ROLES } from "./avatar.js";
import { element, icon } from "./dom.js";
import { prose } from "./prose.js";
import { resultsNode } from "./results.js";
import { emphasise } from "./mentioned.js";
import { finishText, nameOf, quoteText, reactionText, UNDER_WAY } from "./texts.js";
import { clockTime, fullTime } from "./times.js";

export const MENU = "message-menu";

/**
 * @param {MessageRow} row
 * @param {RowActions} actions
 * @returns {HTMLLIElement}
 */
export function messageNode(row, actions) {
  const { seq, at, sender } = row.message;
  const shown = marks(row);
  // What is marked has a line for that anyway: its time may stand there.
  const group = row.isGrouped ? (shown.length > 0 ? " grouped marked" : " grouped") : "";
  return element(
    "li",
    { class: `message from-${sender.type}${row.isMine ? " mine" : ""}${group}${isToMe(row) ? " to-me" : ""}`, "data-seq": String(seq) },
    row.isGrouped ? null : avatar(sender),
    element(
      "div",
      { class: "bubble" },
      byline(sender, at, ...shown, menuButton(row, actions)),
      row.quote && quoteNode(row.quote, actions),
      ...bodyNodes(row, actions),
    ),
  );
}

/**
 * @param {Quote} quote what a message answers
 * @param {Pick<RowActions, "jump">} actions
 * @returns {HTMLElement}
 */
export function quoteNode(quote, { jump }) {
  return element(
    "button",
    {
      type: "button", class: quote.isDeleted ? "quote gone" : "quote", "data-control": "quote", title: "Go to that message",
      onclick: () => jump(quote.seq),
    },
    icon("reply"),
    element("span", { class: "visually-hidden" }, "In answer to "),
    quote.name === null ? null : element("span", { class: "quote-name", dir: "auto" }, quote.name),
    element("span", { class: "quote-text", dir: "auto" }, quoteText(quote)),
  );
}

/**
 * @param {RemnantRow} row what an assistant had said when it was silenced
 * @returns {HTMLLIElement}
 */
export function remnantNode({ sender, at, text }) {
  return element(
    "li",
    { class: "message from-assistant remnant" },
    avatar(sender),
    element("div", { class: "bubble" }, byline(sender, at), prose(text, { breaks: false }), finishNode("stopped")),
  );
}

/**
 * @param {Sender} sender
 * @param {string} at
 * @param {...(Node | null)} more
 */
export function byline(sender, at, ...more) {
  const role = ROLES[sender.type];
  return element(
    "div",
    { class: "byline" },
    element("span", { class: "name", dir: "auto" }, sender.name),
    role ? element("span", { class: "role" }, role) : null,
    timeNode(at),
    ...more,
  );
}

/** @param {string} at RFC 3339 */
export function timeNode(at) {
  return element("time", { datetime: at, title: fullTime(at) }, clockTime(at));
}

/** @param {MessageRow} row */
function isToMe({ mentions, userId, isMine }) {
  return !isMine && mentions.some(({ id }) => id === userId);
}

/**
 * @param {MessageRow} row
 * @returns {Node[]}
 */
function marks(row) {
  const { message, underWay } = row;
  const word = underWay && UNDER_WAY[underWay];
  return [
    ...(isToMe(row) ? [element("span", { class: "mark at-me" }, "mentions you")] : []),
    ...(message.isEdited ? [element("span", { class: "mark" }, "edited")] : []),
    ...(word ? [element("span", { class: "mark" }, word)] : []),
  ];
}

/**
 * @param {MessageRow} row
 * @param {RowActions} actions
 * @returns {HTMLElement | null}
 */
function menuButton(row, actions) {
  const { sender, at, text } = row.message;
  if (text === "" && !Object.values(row.rights).some(Boolean)) return null;
  return element(
    "button",
    {
      type: "button", class: "more", popovertarget: MENU, "aria-haspopup": "dialog", title: "More", "data-control": "more",
      "aria-label": `More for the message of ${sender.name}, ${clockTime(at)}`,
      onclick: ({ currentTarget }) => actions.menu(row, currentTarget),
    },
    icon("more"),
  );
}

/**
 * @param {MessageRow} row
 * @param {RowActions} actions
 * @returns {(Node | null)[]}
 */
function bodyNodes(row, actions) {
  const { message } = row;
  if (message.isDeleted) return [element("p", { class: "deleted" }, "Message deleted")];
  if (message.replacedBy !== null) return [replacedNode(message)];
  return [
    message.text && !isListOf(message.text, message.results) ? emphasise(proseOf(message), row.mentions, row.userId) : null,
    resultsNode(message.results),
    message.isTruncated ? element("p", { class: "hint" }, "Loading the rest…") : null,
    finishNode(message.finishReason),
    reactionsNode(row, actions),
  ];
}

/** @param {Message} message an answer that a newer one stands in for */
function replacedNode(message) {
  return element("details", { class: "replaced" }, element("summary", { "data-control": "replaced" }, "An earlier answer"), proseOf(message));
}

/** @param {Message} message */
function proseOf({ sender, text }) {
  return prose(text, { breaks: sender.type !== "assistant" });
}

/** @param {string | null} reason */
function finishNode(reason) {
  const text = finishText(reason);
  return text ? element("p", { class: `finish finish-${reason}` }, text) : null;
}

/**
 * @param {MessageRow} row
 * @param {RowActions} actions
 * @returns {HTMLElement | null}
 */
function reactionsNode({ message: { seq, reactions }, rights, userId, names }, actions) {
  const chips = Object.entries(reactions).map(([emoji, ids]) => {
    const isMine = ids.includes(userId);
    const who = ids.map((id) => (id === userId ? "you" : nameOf(names, id)));
    return element(
      "button",
      {
        type: "button", class: "reaction", "aria-pressed": String(isMine), "aria-label": reactionText(emoji, who),
        title: who.join(", "), "data-control": `reaction-${emoji}`, disabled: !rights.react,
        onclick: () => actions.react(seq, emoji, !isMine),
      },
      `${emoji} ${ids.length}`,
    );
  });
  return chips.length > 0 ? element("div", { class: "reactions", role: "group", "aria-label": "Reactions" }, ...chips) : null;
}
