/** @import {Message} from "../wireside/fold.js" */
/** @import {Conversation} from "../wireside/types.js" */

/**
 * What the reader may do to a message. The service decides; this spares them to be refused.
 *
 * @typedef {{edit: boolean, delete: boolean, react: boolean, regenerate: boolean}} Rights
 */

const NONE = { edit: false, delete: false, react: false, regenerate: false };

/**
 * @param {import("../wireside/calls.js").Call} call
 * @param {Conversation | null} conversation
 * @param {string} userId
 * @returns {boolean} whether the reader may let the call be carried out
 */
export function mayDecide({ state, isDeleted }, conversation, userId) {
  if (conversation === null || state !== "waits" || isDeleted) return false;
  const { members, operator, ended_at: endedAt } = conversation;
  return endedAt === undefined && !operator && members.some(({ id }) => id === userId);
}

/**
 * @param {Message} message
 * @param {Conversation | null} conversation `null` while nothing is known
 * @param {string} userId
 * @returns {Rights}
 */
export function rightsOf(message, conversation, userId) {
  if (conversation === null || message.isDeleted) return NONE;
  const { members, operator, ended_at: endedAt } = conversation;
  const isMine = message.sender.id === userId;
  const isOwner = members.some(({ id, role }) => id === userId && role === "owner");
  const isOpen = endedAt === undefined;
  const isAnswer = members.some(({ id, type }) => id === message.sender.id && type === "assistant");
  return {
    edit: isOpen && isMine,
    delete: isMine || isOwner || operator?.id === userId,
    react: isOpen,
    regenerate: isOpen && !operator && isAnswer && message.replacedBy === null,
  };
}
