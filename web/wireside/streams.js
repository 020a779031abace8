/** @import {DeltaFrame, Event, OpenedRun, RunFrame} from "./types.js" */
import { countCodePoints, dropCodePoints } from "./code-points.js";

/**
 * An answer that is being written. `offset` code points before `text` are not held: they come with
 * the final event. `kept` are deltas that lie beyond what is held.
 *
 * @typedef {{
 *   runId: string, participant: string, triggerSeq: number, fence: number,
 *   offset: number, text: string, state: "writing" | "retrying", kept: DeltaFrame[],
 * }} Run
 */

/** The answers in flight of one conversation, put together from deltas (protocol, rule 4). */
export class Streams {
  /** @type {Map<string, Run>} */
  #runs = new Map();
  /** @type {Map<string, DeltaFrame[]>} deltas of runs that nobody has introduced yet */
  #strangers = new Map();
  /** @type {Set<string>} */
  #ended = new Set();
  /** No run that answers anything before this seq says another word. */
  #silencedThrough = 0;

  /** @returns {Run[]} in the order in which they were asked for */
  get inFlight() {
    return [...this.#runs.values()].sort((a, b) => a.triggerSeq - b.triggerSeq);
  }

  /** Whether a delta is kept that does not join; opening again brings what is missing. */
  get hasGap() {
    return this.inFlight.some((run) => run.kept.length > 0);
  }

  clear() {
    this.#runs.clear();
    this.#strangers.clear();
    this.#ended.clear();
    this.#silencedThrough = 0;
  }

  /**
   * Take what `opened` says of the runs: the text so far, or the tail of it that fits.
   *
   * @param {OpenedRun[]} opened
   */
  restore(opened) {
    for (const { run_id, participant, trigger_seq, fence, offset, text } of opened) {
      if (this.#isOver(run_id, trigger_seq)) continue;
      const run = this.#introduce({ run_id, participant, trigger_seq, fence });
      if (fence < run.fence) continue;
      if (offset > held(run)) Object.assign(run, { offset, text });
      else append(run, { run_id, fence, offset, text });
      joinKept(run);
      this.#welcomeStranger(run);
    }
  }

  /**
   * Take a `run` frame.
   *
   * @param {RunFrame} frame
   */
  note(frame) {
    if (this.#isOver(frame.run_id, frame.trigger_seq)) return;
    if (frame.state === "ended" && !this.#runs.has(frame.run_id)) return;
    const run = this.#introduce(frame);
    if (frame.fence < run.fence) return;
    run.state = frame.state === "retrying" ? "retrying" : "writing";
    this.#welcomeStranger(run);
  }

  /**
   * Take a `delta` frame.
   *
   * @param {DeltaFrame} delta
   * @returns {boolean} whether the conversation has to be opened again: the run is unknown (asked
   *   once), or the delta does not join
   */
  apply(delta) {
    if (this.#ended.has(delta.run_id)) return false;
    const run = this.#runs.get(delta.run_id);
    if (!run) return this.#keepForStranger(delta);
    if (delta.fence < run.fence) return false;
    if (delta.fence > run.fence) restart(run, delta.fence);
    run.state = "writing";
    run.kept.push(delta);
    joinKept(run);
    return run.kept.length > 0;
  }

  /**
   * Take an event that entered the log: a run's own last one, or one that ends them all.
   *
   * @param {Event} event
   */
  settle({ seq, kind, body }) {
    if (kind === "message" || kind === "run_failed") this.#end(body["run_id"]);
    if (kind !== "taken_over" && kind !== "ended") return;
    this.#silencedThrough = Math.max(this.#silencedThrough, seq);
    for (const { run_id } of body["stopped_runs"] ?? []) this.#end(run_id);
    for (const run of this.inFlight) if (run.triggerSeq < seq) this.#end(run.runId);
  }

  /**
   * @param {string} runId
   * @param {number} triggerSeq
   */
  #isOver(runId, triggerSeq) {
    return this.#ended.has(runId) || triggerSeq < this.#silencedThrough;
  }

  /** @param {string | undefined} runId */
  #end(runId) {
    if (runId === undefined) return;
    this.#ended.add(runId);
    this.#runs.delete(runId);
    this.#strangers.delete(runId);
  }

  /**
   * @param {{run_id: string, participant: string, trigger_seq: number, fence: number}} facts
   * @returns {Run}
   */
  #introduce({ run_id, participant, trigger_seq, fence }) {
    const known = this.#runs.get(run_id);
    if (known) {
      if (fence > known.fence) restart(known, fence);
      return known;
    }
    /** @type {Run} */
    const run = {
      runId: run_id, participant, triggerSeq: trigger_seq, fence, offset: 0, text: "", state: "writing", kept: [],
    };
    this.#runs.set(run_id, run);
    return run;
  }

  /**
   * @param {DeltaFrame} delta
   * @returns {boolean} whether it is the first of its run
   */
  #keepForStranger(delta) {
    const kept = this.#strangers.get(delta.run_id);
    if (kept) kept.push(delta);
    else this.#strangers.set(delta.run_id, [delta]);
    return !kept;
  }

  /** @param {Run} run */
  #welcomeStranger(run) {
    const kept = this.#strangers.get(run.runId) ?? [];
    this.#strangers.delete(run.runId);
    for (const delta of kept) this.apply(delta);
  }
}

/**
 * @param {Run} run
 * @returns {number} the code points up to the end of what is held
 */
function held(run) {
  return run.offset + countCodePoints(run.text);
}

/**
 * @param {Run} run
 * @param {number} fence
 */
function restart(run, fence) {
  Object.assign(run, { fence, offset: 0, text: "", state: "writing", kept: [] });
}

/**
 * Append what is new of a delta that begins at or before the end of what is held.
 *
 * @param {Run} run
 * @param {DeltaFrame} delta
 */
function append(run, delta) {
  run.text += dropCodePoints(delta.text, held(run) - delta.offset);
}

/** @param {Run} run */
function joinKept(run) {
  const waiting = run.kept.filter((delta) => delta.fence === run.fence).sort((a, b) => a.offset - b.offset);
  run.kept = [];
  for (const delta of waiting) {
    if (delta.offset > held(run)) run.kept.push(delta);
    else append(run, delta);
  }
}
