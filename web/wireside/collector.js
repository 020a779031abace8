/** @import {Clock} from "./clock.js" */
/** @import {Entry} from "./outbox.js" */
/** @import {Shelf} from "./shelf.js" */
/** @import {Boxes} from "./tab.js" */
import { Alarm } from "./clock.js";
import { LocalShelf } from "./shelf.js";

const EVERY_MS = 30_000;

/** Looks, now and again, for what tabs have left unsent that are there no more. */
export class Collector {
  #shelf;
  #local;
  #boxes;
  #events;
  #alarm;
  #isBusy = false;
  #isOver = false;

  /**
   * @param {{shelf: Shelf, local: Storage | undefined, boxes: Boxes, clock: Clock}} how
   * @param {{
   *   onFound: (box: string, entries: Entry[]) => void, onMoved: (empty: () => void) => void, onFailure: (error: unknown) => void,
   * }} events `onMoved` gets what is to be done once those entries are safe on the shelf
   */
  constructor({ shelf, local, boxes, clock }, events) {
    this.#shelf = shelf;
    this.#local = local;
    this.#boxes = boxes;
    this.#events = events;
    this.#alarm = new Alarm(clock);
  }

  /** Look now, and again later. */
  async look() {
    this.#alarm.set(EVERY_MS, () => void this.look());
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (const shelf of this.#shelves()) await this.#lookOn(shelf);
    } catch (error) {
      this.#events.onFailure(error);
    }
    this.#isBusy = false;
  }

  stop() {
    this.#isOver = true;
    this.#alarm.clear();
  }

  /** Throw away all that this person has not sent, in whichever tab. */
  async empty() {
    try {
      for (const shelf of this.#shelves()) {
        const names = this.#boxes.theirs(await shelf.names(this.#boxes.prefix));
        await shelf.write(Object.fromEntries(names.map((name) => [name, []])));
      }
    } catch (error) {
      this.#events.onFailure(error);
    }
  }

  /** @returns {Shelf[]} also where outboxes were before they came into IndexedDB */
  #shelves() {
    return this.#local && this.#shelf.kind !== "localstorage" ? [this.#shelf, new LocalShelf(this.#local)] : [this.#shelf];
  }

  /** @param {Shelf} shelf */
  async #lookOn(shelf) {
    const names = await shelf.names(this.#boxes.prefix);
    const own = shelf === this.#shelf ? [] : names.filter((name) => name === this.#boxes.name);
    for (const box of [...own, ...(await this.#boxes.free(names))]) {
      const entries = await shelf.read(box);
      if (this.#isOver) return;
      this.#events.onFound(box, this.#boxes.isCertain ? entries : entries.map(maybeSent));
      if (shelf !== this.#shelf) this.#events.onMoved(() => void shelf.write({ [box]: [] }));
    }
  }
}

/**
 * @param {Entry} entry that somebody else may be sending as well
 * @returns {Entry} to be sent only where the whole log does not have it
 */
function maybeSent(entry) {
  return { ...entry, afterSeq: entry.afterSeq ?? 0 };
}
