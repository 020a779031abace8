/** @import {Conversation, Member} from "../wireside/types.js" */
import { element } from "./dom.js";

/** Who takes part in a conversation, and who of them is there now. */
export class PeopleView {
  #signature = "";
  node = element("span", { class: "people" });

  /**
   * @param {Conversation | undefined} conversation
   * @param {{userId: string, present: ReadonlySet<string>}} who reads, and who has it open
   */
  render(conversation, { userId, present }) {
    const others = (conversation?.members ?? []).filter(({ id }) => id !== conversation?.operator?.id);
    const people = others.map((member) => ({ ...member, isPresent: member.id !== userId && present.has(member.id) }));
    const signature = JSON.stringify(people);
    if (signature === this.#signature) return;
    this.#signature = signature;
    this.node.replaceChildren(...people.flatMap((each, index) => [index > 0 ? ", " : "", personNode(each, userId)]));
  }
}

/**
 * @param {Member & {isPresent: boolean}} person
 * @param {string} userId
 */
function personNode({ id, name, isPresent }, userId) {
  return element(
    "span",
    isPresent ? { class: "person present", title: `${name} is here` } : { class: "person" },
    element("span", { dir: "auto" }, id === userId ? "You" : name),
    isPresent ? element("span", { class: "visually-hidden" }, " (here)") : null,
  );
}
