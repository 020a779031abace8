/** @import {Refusal} from "../wireside/types.js" */
import { WiresideError } from "../wireside/errors.js";

/** What each error code means to a person. */
const ERRORS = new Map(Object.entries({
  unreachable: "Wireside cannot be reached right now. Check your connection and try again.",
  unavailable: "Wireside is catching its breath. Try again in a moment.",
  internal: "Something went wrong on our side. Try again in a moment.",
  unauthorized: "This sign-in is not accepted. Please sign in again.",
  token_expired: "Your sign-in has run out. Please sign in again.",
  not_allowed: "You may not do that here.",
  not_found: "This conversation does not exist, or you are not part of it.",
  malformed_frame: "This page and the service do not understand each other. Load the page again.",
  unknown_action: "The service cannot do this. Load the page again: there may be a newer one.",
  hello_required: "The connection was not ready yet. Try again in a moment.",
  invalid_after_seq: "This conversation was restored meanwhile. Look again before you go on.",
  file_not_ready: "This file is still being looked at. Try again in a moment.",
  file_too_large: "This file is too large.",
  file_type_rejected: "Files of this type are not taken.",
  no_invitation: "This invitation is not valid for you: it has run out, was never made, or you were removed. Ask for a new one.",
  no_share: "Nothing is shared here any more. Whoever gave you the link can make a new one.",
  forgotten: "Your data is being deleted, which takes a few minutes. You can come back after that.",
  not_typed: "Nothing was deleted: type the word as it stands there.",
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

/** What is said of a code that is newer than this page. */
export const UNKNOWN = "Something went wrong. Try again in a moment.";

/**
 * @param {string} code
 * @returns {string}
 */
export function errorText(code) {
  return ERRORS.get(code) ?? UNKNOWN;
}

/**
 * @param {Refusal} refusal
 * @returns {string}
 */
export function refusalText({ code, details }) {
  const operator = details?.["operator_name"];
  return code === "already_taken_over" && operator ? `${operator} has taken this conversation over.` : errorText(code);
}

/**
 * @param {unknown} error
 * @returns {string}
 */
export function failureText(error) {
  return error instanceof WiresideError ? refusalText(error.refusal) : errorText("internal");
}

/**
 * @param {unknown} error
 * @param {string} code
 * @returns {boolean} whether that is why something was not done
 */
export function hasCode(error, code) {
  return error instanceof WiresideError && error.refusal.code === code;
}
