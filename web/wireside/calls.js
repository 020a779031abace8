/** @import {Event, Sender} from "./types.js" */

/**
 * A tool that an assistant has called. `state`: it `waits` for a person, was `declined`, `runs`, or
 * is `done`. What is deleted has neither arguments nor result.
 *
 * @typedef {{
 *   type: "call", seq: number, at: string, sender: Sender, tool: string, arguments: string, result: string | null,
 *   state: "waits" | "declined" | "runs" | "done", isDeleted: boolean,
 * }} Call
 */

/** The calls of a window of the log, and whose answers they led to: with an answer they are deleted. */
export class Calls {
  /** @type {Map<number, Call>} by their seqs */
  #calls = new Map();
  /** @type {Map<number, unknown>} the runs of calls and answers, by their seqs */
  #runs = new Map();
  /** @type {Map<Call, unknown>} the runs of results */
  #results = new Map();

  /**
   * @param {Event} event
   * @returns {Call | null} the call, where the event is one
   */
  take(event) {
    const { seq, kind, body } = event;
    if (body["run_id"] !== undefined) this.#runs.set(seq, body["run_id"]);
    if (kind === "tool_called") return this.#begin(event);
    const call = this.#calls.get(body["target_seq"]);
    if (call && kind === "tool_result") this.#end(call, body);
    if (call && kind === "approved" && call.state === "waits") call.state = body["approved"] ? "runs" : "declined";
    if (kind === "deleted") this.#forget(this.#runs.get(body["target_seq"]));
    return null;
  }

  /**
   * @param {Event} event
   * @returns {Call}
   */
  #begin({ seq, at, sender, body }) {
    const isDeleted = body["deleted"] === true;
    /** @type {Call} */
    const call = {
      type: "call", seq, at, sender, tool: String(body["tool"] ?? ""), result: null, isDeleted,
      arguments: isDeleted ? "" : plain(JSON.stringify(body["arguments"] ?? {}, null, 1)),
      state: body["approved"] === false ? "waits" : "runs",
    };
    this.#calls.set(seq, call);
    return call;
  }

  /**
   * @param {Call} call
   * @param {Record<string, any>} body
   */
  #end(call, body) {
    if (call.state !== "declined") call.state = "done";
    this.#results.set(call, body["run_id"]);
    call.result = body["deleted"] === true ? null : String(body["result"] ?? "");
  }

  /** @param {unknown} run whose answer was deleted */
  #forget(run) {
    if (run === undefined) return;
    for (const call of this.#calls.values()) {
      if (this.#results.get(call) === run) call.result = null;
      if (this.#runs.get(call.seq) === run) Object.assign(call, { arguments: "", isDeleted: true });
    }
  }
}

/**
 * @param {string} json
 * @returns {string} the same with escapes for what nobody sees, or what turns others around: people decide on it
 */
function plain(json) {
  return json.replace(/[\p{Cf}\p{Zl}\p{Zp}]/gu, (each) => {
    const units = [...Array(each.length).keys()].map((index) => each.charCodeAt(index));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
  });
}
