/** @import {Call} from "../wireside/calls.js" */
/** @import {Item, Message, Notice} from "../wireside/fold.js" */
/** @import {Conversation, Sender} from "../wireside/types.js" */
/** @import {Targeted} from "../wireside/writes.js" */
/** @import {CallRow, MessageRow, Quote, RemnantRow, Row, WritingRow} from "./rows.js" */
import { mayDecide, rightsOf } from "./rights.js";
import { dayOf } from "./times.js";

const GROUPED_WITHIN_MS = 5 * 60_000;
/** How much of a message is quoted above what answers it, in UTF-16 code units. */
const QUOTED = 200;

/**
 * @typedef {{
 *   conversation: Conversation | null, members: Sender[], changes: Targeted[], userId: string, now: Date,
 * }} Seen
 * @typedef {{before: Item | undefined, quoted: Message | undefined, isFirstNew: boolean}} Around What stands before an
 *   item, what it answers, and whether it is the first that the reader has not read.
 *
 * @param {Item} item
 * @param {Around} around
 * @param {Seen} seen
 * @returns {Row[]}
 */
export function itemRows(item, { before, quoted, isFirstNew }, seen) {
  /** @type {Row[]} */
  const rows = [];
  const day = dayOf(item.at, seen.now);
  const isNewDay = before === undefined || dayOf(before.at, seen.now) !== day;
  if (isNewDay) rows.push({ key: `day-${item.seq}`, type: "day", text: day, at: item.at });
  if (isFirstNew) rows.push({ key: "new", type: "new" });
  switch (item.type) {
    case "notice":
      return [...rows, { key: `seq-${item.seq}`, type: "notice", notice: named(item, seen.members) }];
    case "call":
      return [...rows, callRow(item, seen)];
    case "remnant":
      return [...rows, remnantRow(item, seen.members)];
    case "message":
      return [...rows, messageRow(item, !isNewDay && !isFirstNew && isContinued(before, item), quoted, seen)];
  }
}

/**
 * @param {Notice} notice
 * @param {Sender[]} members
 * @returns {Notice} with the name of the assistant that it is about, in place of its id
 */
function named(notice, members) {
  const { kind, body } = notice;
  if (kind !== "model_selected") return notice;
  return { ...notice, body: { ...body, model: assistantOf(members, `assistant:${body["model"]}`).name } };
}

/**
 * @param {Message} message
 * @param {boolean} isGrouped
 * @param {Message | undefined} quoted
 * @param {Seen} seen
 * @returns {MessageRow}
 */
function messageRow(message, isGrouped, quoted, { conversation, members, changes, userId }) {
  const reacted = new Set(Object.values(message.reactions).flat());
  return {
    key: `seq-${message.seq}`,
    type: "message",
    message,
    isMine: message.sender.id === userId,
    isGrouped,
    underWay: changes.findLast(({ target_seq }) => target_seq === message.seq)?.action ?? null,
    rights: rightsOf(message, conversation, userId),
    userId,
    quote: message.replyTo === null ? null : quoteOf(message.replyTo, quoted),
    mentions: members.filter(({ id }) => message.mentions.includes(id)).map(({ id, name }) => ({ id, name })),
    names: Object.fromEntries(members.filter(({ id }) => reacted.has(id)).map(({ id, name }) => [id, name])),
    was: keyBefore(message, userId),
  };
}

/**
 * @param {Message} message
 * @param {string} userId
 * @returns {string | null} the key of what stood for it before it was stored
 */
function keyBefore({ runId, clientId, sender }, userId) {
  if (runId !== null) return keyOfRun(runId);
  return clientId !== null && sender.id === userId ? keyOfPending(clientId) : null;
}

/** @param {string} runId */
function keyOfRun(runId) {
  return `run-${runId}`;
}

/** @param {string} clientId */
export function keyOfPending(clientId) {
  return `pending-${clientId}`;
}

/**
 * @param {number} seq
 * @param {Message | undefined} quoted the message, where it is known
 * @returns {Quote}
 */
export function quoteOf(seq, quoted) {
  if (quoted === undefined) return { seq, name: null, text: "", isDeleted: false };
  const text = quoted.text.slice(0, QUOTED).replace(/\s+/g, " ").trim();
  return { seq, name: quoted.sender.name, text, isDeleted: quoted.isDeleted };
}

/**
 * @param {Call} call
 * @param {Seen} seen
 * @returns {CallRow}
 */
function callRow(call, { conversation, changes, userId }) {
  const isUnderWay = changes.some(({ target_seq }) => target_seq === call.seq);
  const may = !isUnderWay && mayDecide(call, conversation, userId);
  return { key: `seq-${call.seq}`, type: "call", call, mayDecide: may, isUnderWay };
}

/**
 * @param {import("../wireside/fold.js").Remnant} remnant
 * @param {Sender[]} members
 * @returns {RemnantRow}
 */
function remnantRow({ at, runId, participant, text }, members) {
  return { key: keyOfRun(runId), type: "remnant", sender: assistantOf(members, participant), at, text };
}

/**
 * @param {import("../wireside/streams.js").Run} run
 * @param {Sender[]} members
 * @returns {WritingRow}
 */
export function writingRow({ runId, participant, text, offset, state }, members) {
  const sender = assistantOf(members, participant);
  return { key: keyOfRun(runId), type: "writing", sender, text, isCut: offset > 0, isRetrying: state === "retrying" };
}

/**
 * @param {Item | undefined} before
 * @param {Message} message
 * @returns {boolean} whether the same person goes on talking
 */
function isContinued(before, message) {
  if (before?.type !== "message" || message.replyTo !== null || before.sender.id !== message.sender.id) return false;
  if (message.sender.type === "assistant" || before.sender.type !== message.sender.type) return false;
  return goesOn(before.at, message.at);
}

/**
 * @param {string} before RFC 3339
 * @param {string} at RFC 3339
 * @returns {boolean} whether what somebody writes then belongs to what they wrote before
 */
export function goesOn(before, at) {
  return Date.parse(at) - Date.parse(before) < GROUPED_WITHIN_MS;
}

/**
 * @param {Sender[]} members
 * @param {string} id
 * @returns {Sender}
 */
function assistantOf(members, id) {
  const found = members.find((member) => member.id === id);
  return { id, name: found?.name ?? id.replace(/^assistant:/, ""), type: "assistant" };
}
