/** @import {Conversation} from "../wireside/types.js" */

/**
 * What the reader may do to a conversation. The service decides; this spares them to be refused.
 *
 * @typedef {{
 *   change: boolean, remove: boolean, leave: boolean, end: boolean, delete: boolean,
 *   takeOver: boolean, release: boolean, share: boolean, unshare: boolean, save: boolean,
 * }} Permits `change`: name, members, and when assistants answer; `remove`: others
 */

/**
 * @param {Conversation} conversation
 * @param {{id: string, roles: string[]}} user
 * @returns {Permits}
 */
export function permitsOf({ members, operator, shared, ended_at: endedAt }, { id, roles }) {
  const isOpen = endedAt === undefined;
  const me = members.find((member) => member.id === id);
  const isOwner = me?.role === "owner";
  const holds = operator?.id === id;
  return {
    change: isOpen && me !== undefined,
    remove: isOwner,
    leave: me !== undefined,
    end: isOpen && (isOwner || holds),
    delete: isOwner,
    share: isOwner,
    save: me !== undefined,
    unshare: shared !== undefined && (me !== undefined || holds),
    takeOver: isOpen && !operator && isOperator(roles),
    release: operator !== undefined && isOpen && isOperator(roles) && (holds || roles.includes("admin")),
  };
}

/** @param {string[]} roles */
export function isOperator(roles) {
  return roles.includes("operator") || roles.includes("admin");
}
