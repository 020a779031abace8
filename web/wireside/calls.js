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
  /** @type {Map<number, unknown>} the runs of results, by the seqs of their calls */
  #results = new Map();

  /**
   * @param {Event} event
   * @returns {Call[]} those that it begins or changes, each another object from then on
   */
  take(event) {
    const { seq, kind, body } = event;
    if (body["run_id"] !== undefined) this.#runs.set(seq, body["run_id"]);
    if (kind === "tool_called") return [this.#keep(begun(event))];
    if (kind === "deleted") return this.#forget(this.#runs.get(body["target_seq"]));
    const call = this.#calls.get(body["target_seq"]);
    if (call && kind === "tool_result") return [this.#end(call, body)];
    if (!call || kind !== "approved" || call.state !== "waits") return [];
    return [this.#keep({ ...call, state: body["approved"] ? "runs" : "declined" })];
  }

  /**
   * @param {Call} call
   * @returns {Call}
   */
  #keep(call) {
    this.#calls.set(call.seq, call);
    return call;
  }

  /**
   * @param {Call} call
   * @param {Record<string, any>} body
   * @returns {Call}
   */
  #end(call, body) {
    this.#results.set(call.seq, body["run_id"]);
    const result = body["deleted"] === true ? null : String(body["result"] ?? "");
    return this.#keep({ ...call, result, state: call.state === "declined" ? "declined" : "done" });
  }

  /**
   * @param {unknown} run whose answer was deleted
   * @returns {Call[]}
   */
  #forget(run) {
    if (run === undefined) return [];
    return [...this.#calls.values()].flatMap((call) => {
      const isItsOwn = this.#runs.get(call.seq) === run;
      if (!isItsOwn && this.#results.get(call.seq) !== run) return [];
      const own = isItsOwn ? { arguments: "", isDeleted: true } : {};
      const result = this.#results.get(call.seq) === run ? null : call.result;
      return [this.#keep({ ...call, ...own, result })];
    });
  }
}

/**
 * @param {Event} event
 * @returns {Call}
 */
function begun({ seq, at, sender, body }) {
  const isDeleted = body["deleted"] === true;
  return {
    type: "call", seq, at, sender, tool: String(body["tool"] ?? ""), result: null, isDeleted,
    arguments: isDeleted ? "" : plain(JSON.stringify(body["arguments"] ?? {}, null, 1)),
    state: body["approved"] === false ? "waits" : "runs",
  };
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
