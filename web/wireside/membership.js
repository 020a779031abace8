/** @import {Conversation, Event, Member} from "./types.js" */

/**
 * Bring a conversation up to an event that came after it was read.
 *
 * @param {Conversation} conversation left as it is
 * @param {Event} event events up to the conversation's `head` change nothing
 * @returns {Conversation}
 */
export function follow(conversation, event) {
  if (event.seq <= conversation.head) return conversation;
  const { seq: head, n, at: last_at } = event;
  const followed = { ...conversation, head, n, last_at, ...changeOf(conversation, event) };
  if (event.kind === "released") delete followed.operator;
  if (event.kind === "help_resolved") delete followed.help;
  return followed;
}

/**
 * @param {Conversation} conversation
 * @param {Event} event
 * @returns {Partial<Conversation>}
 */
function changeOf({ members }, { kind, at, body }) {
  switch (kind) {
    case "joined":
      return { members: joined(members, body["user"], at) };
    case "left":
    case "removed":
      return { members: members.filter(({ id }) => id !== body["user"].id) };
    case "titled":
      return { title: body["title"] };
    case "model_selected":
      return { model: body["model"] };
    case "reply_policy_set":
      return { reply_policy: body["reply_policy"] };
    case "help_requested":
      return { help: body };
    case "taken_over":
      return { operator: body["operator"] };
    case "ended":
      return { ended_at: at };
    default:
      return {};
  }
}

/**
 * @param {Member[]} members
 * @param {{id: string, name: string}} user
 * @param {string} at
 * @returns {Member[]} people before assistants, as the service lists them
 */
function joined(members, { id, name }, at) {
  const others = members.filter((member) => member.id !== id);
  const people = others.filter(({ type }) => type !== "assistant");
  const assistants = others.filter(({ type }) => type === "assistant");
  return [...people, { id, name, type: "human", role: "member", joined_at: at }, ...assistants];
}
