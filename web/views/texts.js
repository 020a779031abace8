/** @import {Conversation, Refusal, Sender} from "../wireside/types.js" */
/** @import {Targeted, Write} from "../wireside/writes.js" */
import { RequestFailed } from "../wireside/api.js";

/** What each error code means to a person. */
const ERRORS = new Map(Object.entries({
  unreachable: "Wireside cannot be reached right now. Check your connection and try again.",
  unavailable: "Wireside is catching its breath. Try again in a moment.",
  internal: "Something went wrong on our side. Try again in a moment.",
  unauthorized: "This sign-in is not accepted. Please sign in again.",
  token_expired: "Your sign-in has run out. Please sign in again.",
  not_allowed: "You may not do that here.",
  not_found: "This conversation does not exist, or you are not part of it.",
  conversation_ended: "This conversation has ended.",
  conversation_full: "This conversation is full.",
  already_taken_over: "Another operator has taken this conversation over.",
  resync_required: "This conversation was restored meanwhile. Look again before you go on.",
  client_id_reused: "This message was mixed up with another one. Try again.",
  frame_too_large: "This message is too large. Shorten it a little.",
  text_too_long: "This message is too long. At most 10,000 characters fit.",
  invalid_field: "There is something in this that cannot be stored.",
  no_name: "A name needs at least one letter or digit.",
  no_token: "This is no token. Paste all of it: three parts with dots in between.",
  rate_limited: "That was quick. Wait a moment before you go on.",
  unknown_model: "There is no such assistant any more.",
  queue_full: "The assistant still has many of your messages to answer. Give it a moment.",
  quota_exceeded: "The limit for now is used up. Try again later.",
  model_timeout: "The assistant took too long to answer.",
  model_unavailable: "The assistant cannot be reached right now.",
  model_rejected: "The assistant could not take this question.",
  model_rate_limited: "The assistant is asked too much right now. Try again in a moment.",
  content_filtered: "The answer was held back by a content filter.",
  context_too_long: "This conversation has become too long for the assistant.",
}));

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
 * @param {string} code
 * @returns {string}
 */
export function errorText(code) {
  return ERRORS.get(code) ?? "Something went wrong. Try again in a moment.";
}

/**
 * @param {unknown} error
 * @returns {string}
 */
export function failureText(error) {
  return errorText(error instanceof RequestFailed ? error.refusal.code : "internal");
}

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
 * @returns {string} for example "👍 from you and Ben"
 */
export function reactionText(emoji, who) {
  return `${emoji} from ${listed(who)}`;
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
 * @param {string} at RFC 3339
 * @returns {string} hours and minutes
 */
export function clockTime(at) {
  return new Date(at).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}

/**
 * @param {string} at RFC 3339
 * @returns {string} the day and the time, as long as they are
 */
export function fullTime(at) {
  return new Date(at).toLocaleString(undefined, { dateStyle: "full", timeStyle: "short" });
}

/**
 * @param {string} at RFC 3339
 * @returns {string}
 */
export function fullDay(at) {
  return new Date(at).toLocaleDateString(undefined, { dateStyle: "full" });
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
 * @param {string} at RFC 3339
 * @param {Date} now
 * @returns {string}
 */
export function dayOf(at, now) {
  const day = new Date(at);
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (day.toDateString() === now.toDateString()) return "Today";
  if (day.toDateString() === yesterday.toDateString()) return "Yesterday";
  const isThisYear = day.getFullYear() === now.getFullYear();
  const year = isThisYear ? {} : { year: /** @type {const} */ ("numeric") };
  return day.toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long", ...year });
}

/**
 * @param {string} at RFC 3339
 * @param {Date} now
 * @returns {string} the time today, the day before that
 */
export function shortTime(at, now) {
  const day = new Date(at);
  if (day.toDateString() === now.toDateString()) return clockTime(at);
  return day.toLocaleDateString(undefined, { day: "numeric", month: "short" });
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
