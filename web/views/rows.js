/** @import {Call} from "../wireside/calls.js" */
/** @import {Thread} from "../wireside/client.js" */
/** @import {Change, Item, Message, Notice} from "../wireside/fold.js" */
/** @import {Entry} from "../wireside/outbox.js" */
/** @import {Conversation, Sender} from "../wireside/types.js" */
/** @import {Targeted} from "../wireside/writes.js" */
/** @import {Rights} from "./rights.js" */
import { fold } from "../wireside/fold.js";
import { changeOf, isTargeted } from "../wireside/writes.js";
import { mayDecide, rightsOf } from "./rights.js";
import { dayOf } from "./texts.js";

const GROUPED_WITHIN_MS = 5 * 60_000;
/** What is shown as done before it is stored; for the rest there is a word that it is under way. */
const FORESEEN = new Set(["edit", "react"]);

/**
 * What stands in the timeline, from top to bottom. Rows with the same `key` are the same row.
 *
 * @typedef {{key: string, type: "beginning", above: "nothing" | "earlier" | "loading"}} Beginning
 * @typedef {{key: string, type: "day", text: string}} Day
 * @typedef {{key: string, type: "notice", notice: Notice}} NoticeRow
 * @typedef {{
 *   key: string, type: "message", message: Message, isMine: boolean, isGrouped: boolean,
 *   underWay: Targeted["action"] | null, rights: Rights, userId: string, names: Record<string, string>,
 * }} MessageRow `names` are those of who reacted, by id.
 * @typedef {{key: string, type: "call", call: Call, mayDecide: boolean, isUnderWay: boolean}} CallRow
 * @typedef {{key: string, type: "remnant", sender: Sender, at: string, text: string}} RemnantRow
 * @typedef {{
 *   key: string, type: "writing", sender: Sender, text: string, isCut: boolean, isRetrying: boolean,
 * }} WritingRow
 * @typedef {{key: string, type: "pending", entry: Entry}} PendingRow
 * @typedef {Beginning | Day | NoticeRow | MessageRow | CallRow | RemnantRow | WritingRow | PendingRow} Row
 */

/**
 * @param {Thread} thread
 * @param {string} userId
 * @param {Date} now
 * @returns {Row[]}
 */
export function rowsOf({ room, writer }, userId, now) {
  const { pending } = writer;
  const below = pending.filter(({ write, refusal }) => write.action === "send" || refusal).map(pendingRow);
  if (room.phase === "gone") return below;
  const members = room.conversation?.members ?? [];
  const changes = pending.flatMap(({ write, refusal }) => (isTargeted(write) && !refusal ? [write] : []));
  const items = fold(room.log.events, foreseen(changes, userId));
  const seen = { conversation: room.conversation, members, changes, userId, now };
  return [
    ...aboveOf(room.log).map((above) => /** @type {Row} */ ({ key: "beginning", type: "beginning", above })),
    ...items.flatMap((item, index) => itemRows(item, items[index - 1], seen)),
    ...room.streams.inFlight.map((run) => writingRow(run, members)),
    ...below,
  ];
}

/**
 * @param {Targeted[]} changes
 * @param {string} userId
 * @returns {Change[]}
 */
function foreseen(changes, userId) {
  return changes.filter(({ action }) => FORESEEN.has(action)).map((change) => changeOf(change, userId));
}

/**
 * @param {import("../wireside/log.js").Log} log
 * @returns {Beginning["above"][]} what stands above the first row, if anything
 */
function aboveOf({ isLoaded, start, events }) {
  if (!isLoaded) return ["loading"];
  if (start > 0) return ["earlier"];
  return events.length > 0 ? ["nothing"] : [];
}

/**
 * @typedef {{
 *   conversation: Conversation | null, members: Sender[], changes: Targeted[], userId: string, now: Date,
 * }} Seen
 *
 * @param {Item} item
 * @param {Item | undefined} before
 * @param {Seen} seen
 * @returns {Row[]}
 */
function itemRows(item, before, seen) {
  /** @type {Row[]} */
  const rows = [];
  const day = dayOf(item.at, seen.now);
  const isNewDay = before === undefined || dayOf(before.at, seen.now) !== day;
  if (isNewDay) rows.push({ key: `day-${item.seq}`, type: "day", text: day });
  switch (item.type) {
    case "notice":
      return [...rows, { key: `seq-${item.seq}`, type: "notice", notice: named(item, seen.members) }];
    case "call":
      return [...rows, callRow(item, seen)];
    case "remnant":
      return [...rows, remnantRow(item, seen.members)];
    case "message":
      return [...rows, messageRow(item, !isNewDay && isContinued(before, item), seen)];
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
 * @param {Seen} seen
 * @returns {MessageRow}
 */
function messageRow(message, isGrouped, { conversation, members, changes, userId }) {
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
    names: Object.fromEntries(members.filter(({ id }) => reacted.has(id)).map(({ id, name }) => [id, name])),
  };
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
  return { key: `run-${runId}`, type: "remnant", sender: assistantOf(members, participant), at, text };
}

/**
 * @param {import("../wireside/streams.js").Run} run
 * @param {Sender[]} members
 * @returns {WritingRow}
 */
function writingRow({ runId, participant, text, offset, state }, members) {
  const sender = assistantOf(members, participant);
  return { key: `run-${runId}`, type: "writing", sender, text, isCut: offset > 0, isRetrying: state === "retrying" };
}

/**
 * @param {Item | undefined} before
 * @param {Message} message
 * @returns {boolean} whether the same person goes on talking
 */
function isContinued(before, message) {
  if (before?.type !== "message" || before.sender.id !== message.sender.id) return false;
  if (message.sender.type === "assistant" || before.sender.type !== message.sender.type) return false;
  return Date.parse(message.at) - Date.parse(before.at) < GROUPED_WITHIN_MS;
}

/**
 * @param {Entry} entry
 * @returns {PendingRow}
 */
function pendingRow(entry) {
  return { key: `pending-${entry.clientId}`, type: "pending", entry };
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
