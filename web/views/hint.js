/** @import {Thread} from "../wireside/thread.js" */
import { element } from "./dom.js";
import { errorText } from "./errors.js";
import { dots } from "./row.js";

/** What is said where there are no messages: that they are on their way, that there are none, or why there is nothing. */
export class HintView {
  #invite;
  #said = "";
  node = element("div", { class: "empty", hidden: true });

  /** @param {() => void} invite */
  constructor(invite) {
    this.#invite = invite;
  }

  /** @param {Pick<Thread, "room" | "writer">} thread */
  render({ room, writer }) {
    const isGone = room.phase === "gone";
    const isLoading = !room.log.isLoaded && !isGone;
    const isEmpty = room.log.isLoaded && !room.log.events.some(({ kind }) => kind === "message") && writer.pending.length === 0;
    this.node.hidden = !isGone && !isLoading && !isEmpty;
    // It takes no room: what comes in its place does not jump.
    this.node.classList.toggle("passing", isLoading);
    const said = isGone ? `gone ${room.goneFor}` : isLoading ? "loading" : "empty";
    // A button that is replaced between press and release is never clicked.
    if (this.node.hidden || said === this.#said) return;
    this.#said = said;
    this.node.replaceChildren(...(isGone ? goneNodes(room.goneFor) : isLoading ? loadingNodes() : this.#emptyNodes()));
  }

  #emptyNodes() {
    return [
      element("p", { class: "lead" }, "The fire is lit."),
      element("p", {}, "Write the first message, or bring somebody along. An assistant that takes part answers right here."),
      element("button", { type: "button", onclick: this.#invite }, "Invite somebody"),
    ];
  }
}

function loadingNodes() {
  return [element("p", { class: "loading" }, "Loading", dots())];
}

/** @param {string} code */
function goneNodes(code) {
  return [element("p", { class: "lead" }, "Nothing to see here."), element("p", {}, errorText(code || "not_found"))];
}
