/** @import {Change} from "./fold.js" */
/** @import {ClientFrame, Limits} from "./types.js" */
import { countCodePoints } from "./code-points.js";

/**
 * What somebody writes, as its frame says it: what stays the same in every retry.
 *
 * @typedef {{action: "send", text: string, files?: string[], mentions?: string[], reply_to?: number}} Send
 *   `files` are ids, `mentions` ids of participants, `reply_to` a message's seq.
 * @typedef {{action: "edit", target_seq: number, text: string}} Edit
 * @typedef {{action: "delete", target_seq: number}} Delete
 * @typedef {{action: "react", target_seq: number, emoji: string, on: boolean}} React
 * @typedef {{action: "regenerate", target_seq: number}} Regenerate `target_seq`: an assistant's message.
 * @typedef {{action: "approve", target_seq: number, approved: boolean}} Approve `target_seq`: a call that waits.
 * @typedef {Edit | Delete | React | Regenerate | Approve} Targeted
 * @typedef {{action: "model", model: string}} Select `model`: an assistant's name.
 * @typedef {Send | Select | Targeted} Write
 */

const KINDS = {
  edit: "edited", delete: "deleted", react: "reacted", regenerate: "regenerate_requested", approve: "approved",
};

/**
 * @param {{conversationId: string, clientId: string, write: Write}} entry
 * @param {number} afterSeq
 * @returns {ClientFrame}
 */
export function frameOf({ conversationId, clientId, write }, afterSeq) {
  return { ...write, conversation_id: conversationId, client_id: clientId, after_seq: afterSeq };
}

/**
 * @param {ClientFrame} frame one that writes
 * @param {Pick<Limits, "text_code_points" | "frame_bytes">} limits
 * @returns {string | null} the code that the service would refuse it with for its size
 */
export function tooLarge(frame, limits) {
  if (countCodePoints(frame["text"] ?? "") > limits.text_code_points) return "text_too_long";
  const bytes = new TextEncoder().encode(JSON.stringify(frame)).length;
  return bytes > limits.frame_bytes ? "frame_too_large" : null;
}

/**
 * @param {Write} write
 * @returns {write is Targeted} whether it changes a message that is there
 */
export function isTargeted(write) {
  return "target_seq" in write;
}

/**
 * @param {Targeted} write
 * @param {string} userId whose it is
 * @returns {Change} what becomes of its message once it is stored
 */
export function changeOf({ action, ...body }, userId) {
  return { kind: KINDS[action], userId, body };
}
