/** @import {Requests} from "./requests.js" */
/** @import {Room} from "./room.js" */

/**
 * Stops the assistants of one conversation: every answer to what is there by now, begun or not.
 * A stop is repeated until it is answered, on whatever link there is.
 */
export class Stopper {
  #room;
  #requests;
  #onChange;
  /** Where the newest stop ends. */
  #through = 0;
  #isAsked = false;

  /**
   * @param {Room} room
   * @param {Requests} requests
   * @param {() => void} onChange
   */
  constructor(room, requests, onChange) {
    this.#room = room;
    this.#requests = requests;
    this.#onChange = onChange;
  }

  /** Whether the service has not answered yet. */
  get isBusy() {
    return this.#isAsked;
  }

  /** Whether every answer in flight has been asked to stop. */
  get isStopping() {
    return this.#room.streams.inFlight.every(({ triggerSeq }) => triggerSeq <= this.#through);
  }

  stop() {
    const asked = this.#room.streams.inFlight.map(({ triggerSeq }) => triggerSeq);
    this.#through = Math.max(this.#room.log.through, ...asked);
    this.#ask();
    this.#onChange();
  }

  /** Ask again on a new link what the old one left unanswered. */
  resume() {
    if (this.#isAsked) this.#ask();
  }

  #ask() {
    this.#isAsked = true;
    const through = this.#through;
    this.#requests.ask({ action: "stop", conversation_id: this.#room.id, after_seq: through }, (answer) => {
      if (through !== this.#through) return;
      this.#isAsked = false;
      if (answer.type === "error") this.#through = 0;
      this.#onChange();
    });
  }
}
