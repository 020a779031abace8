/** @import {Conversation, Refusal, Sender} from "../wireside/types.js" */
/** @import {Targeted, Write} from "../wireside/writes.js" */
import { slug } from "../wireside/identity.js";
import { errorText, failureText } from "./errors.js";

export { errorText, failureText };

/** What is said at a message while a change to it is on its way. */
export const UNDER_WAY = /** @type {Record<Targeted["action"], string>} */ ({
  edit: "saving…", delete: "deleting…", react: "", regenerate: "asking again…", approve: "saving your decision…",
});

/** What was not done, by what was written. */
const UNDONE = /** @type {Record<Write["action"], string>} */ ({
  send: "Not sent.",
  edit: "This change was not saved.",
  delete: "The message was not deleted.",
  react: "Your reaction was not saved.",
  regenerate: "No other answer was asked for.",
  model: "Who answers was not changed.",
  approve: "Your decision was not saved.",
});

const FINISHES = new Map(Object.entries({
  length: "The answer was cut off: it reached its greatest length.",
  stopped: "Stopped.",
  error: "The answer broke off: something failed.",
  filtered: "The answer was held back by a content filter.",
}));

/**
 * @param {Write["action"]} action
 * @param {Refusal} refusal
 * @returns {string}
 */
export function unsentText(action, { code, details }) {
  const isGone = details?.["field"] === "target_seq";
  return `${UNDONE[action]} ${isGone ? "That message is not there any more." : errorText(code)}`;
}

/**
 * @param {string} emoji
 * @param {string[]} who
 * @returns {string} for example "👍 2 from you and Ben"; what is seen comes first, as for whoever speaks to the page
 */
export function reactionText(emoji, who) {
  return `${emoji} ${who.length} from ${listed(who)}`;
}

/**
 * @param {string | null} reason
 * @returns {string | null} `null` where an answer just came to its end
 */
export function finishText(reason) {
  return FINISHES.get(reason ?? "") ?? null;
}

/**
 * @param {import("../wireside/calls.js").Call} call
 * @returns {string} what stands between the assistant's name and the tool's
 */
export function callText({ state, isDeleted }) {
  if (isDeleted) return "used, in a message that was deleted,";
  return { waits: "asks to use", declined: "was not allowed to use", runs: "is using", done: "used" }[state];
}

/**
 * @param {{kind: string, sender: Sender, body: Record<string, any>}} notice
 * @returns {string}
 */
export function noticeText({ kind, sender, body }) {
  const who = sender.name;
  switch (kind) {
    case "joined":
      return body["user"]?.id === sender.id ? `${who} joined` : `${who} invited ${body["user"]?.name ?? "somebody"}`;
    case "left":
      return `${body["user"]?.name ?? who} left`;
    case "removed":
      return `${who} removed ${body["user"]?.name ?? "somebody"}`;
    case "titled":
      return body["title"] ? `${who} named this conversation “${body["title"]}”` : `${who} took the name away`;
    case "model_selected":
      return `${who} chose ${body["model"]}`;
    case "reply_policy_set":
      return policyText(who, body["reply_policy"]);
    case "help_requested":
      return `${who} asked for help`;
    case "help_resolved":
      return "The request for help is resolved";
    case "taken_over":
      return `${body["operator"]?.name ?? who} took over; assistants stay silent`;
    case "released":
      return `${who} handed the conversation back; assistants may answer again`;
    case "ended":
      return `${who} ended this conversation`;
    case "regenerate_requested":
      return `${who} asked for another answer`;
    case "run_failed":
      return `No answer. ${errorText(body["code"])}`;
    case "approved":
      return `${who} ${body["approved"] ? "approved" : "declined"} the use of ${body["tool"] ?? "a tool"}`;
    default:
      return `A file was refused`;
  }
}

/**
 * @param {string} who
 * @param {string} policy
 */
function policyText(who, policy) {
  if (policy === "off") return `${who} asked assistants to stay silent`;
  return policy === "mention" ? `${who} lets assistants answer when mentioned` : `${who} lets assistants answer everything`;
}

/**
 * @param {Conversation} conversation
 * @param {string} userId whose name need not be told
 * @returns {string}
 */
export function titleOf({ title, members }, userId) {
  if (title) return title;
  const names = members.filter(({ id, type }) => id !== userId && type !== "assistant").map(({ name }) => name);
  return names.length > 0 ? names.join(", ") : "New conversation";
}

/**
 * @param {Conversation} conversation
 * @param {string} userId
 * @returns {Sender} whose face stands for it: the only other person in it, or else one of its own name
 */
export function faceOf(conversation, userId) {
  const { id, members } = conversation;
  const others = members.filter((member) => member.id !== userId && member.type !== "assistant");
  const [other] = others;
  return other && others.length === 1 ? { ...other, type: "human" } : { id, name: titleOf(conversation, userId), type: "human" };
}

/**
 * @param {Conversation} conversation
 * @param {string} userId
 * @param {string} query
 * @returns {boolean} whether its name, or who else is in it, has every word of the query
 */
export function matches(conversation, userId, query) {
  const names = conversation.members.filter(({ id, type }) => type !== "assistant" && id !== userId).map(({ name }) => name);
  const text = plain([titleOf(conversation, userId), ...names].join(" "));
  return plain(query).split(/\s+/).every((word) => text.includes(word));
}

/** @param {string} text */
function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/**
 * @param {Conversation} conversation
 * @param {string} userId
 * @returns {string[]} what makes it special
 */
export function flagsOf({ operator, help, ended_at: endedAt }, userId) {
  if (endedAt) return ["Ended"];
  const held = operator ? [`Operator: ${operator.id === userId ? "you" : operator.name}`] : [];
  return help && !operator ? ["Help wanted"] : held;
}

/**
 * @param {number} unread how many messages are
 * @param {string | null} title of the conversation that is shown
 * @returns {string} what the browser shows for the page, for example "(2) Camp · Wireside"
 */
export function tabText(unread, title) {
  const name = title === null ? "Wireside" : `${title} · Wireside`;
  return unread > 0 ? `(${unread > 99 ? "99+" : unread}) ${name}` : name;
}

/**
 * @param {number} count of messages
 * @returns {string} for example "3 new messages"
 */
export function newText(count) {
  return count === 1 ? "1 new message" : `${count.toLocaleString()} new messages`;
}

/**
 * @param {import("./rows.js").Quote} quote
 * @returns {string} what stands for the message that is answered
 */
export function quoteText({ name, text, isDeleted }) {
  if (name === null) return "An earlier message";
  if (isDeleted) return "A message that was deleted";
  return text || "A message without text";
}

/**
 * @param {string} until RFC 3339
 * @returns {string}
 */
export function invitationText(until) {
  const day = new Date(until).toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long" });
  return `Everybody who has it can join until ${day}, and read everything. It cannot be withdrawn.`;
}

/**
 * @param {string} title of a conversation
 * @param {"json" | "md"} format
 * @returns {string} a name that every system takes
 */
export function nameOfFile(title, format) {
  return `${slug(title) || "conversation"}.${format}`;
}

/**
 * @param {string[]} names
 * @returns {string} for example "Ana and Ben are writing"
 */
export function writingText(names) {
  if (names.length < 2) return `${names[0] ?? ""} is writing`;
  if (names.length > 3) return "Several people are writing";
  return `${listed(names)} are writing`;
}

/**
 * @param {string[]} names
 * @returns {string} for example "Ana, Ben and Carla"
 */
function listed(names) {
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

/**
 * @param {Record<string, string>} names
 * @param {string} id which may be a word that every object knows
 * @returns {string}
 */
export function nameOf(names, id) {
  return (Object.hasOwn(names, id) ? names[id] : undefined) ?? "somebody";
}
