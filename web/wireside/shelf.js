/** @import {Entry} from "./outbox.js" */

/**
 * Where outboxes are kept, each a list under a name. `write` takes several at once: all of them are
 * written or none, later ones after earlier ones, and an empty list leaves nothing behind. It
 * returns nothing where that has happened by then, else a promise of it; it raises, or rejects,
 * where it cannot.
 *
 * @typedef {{
 *   kind: "indexeddb" | "localstorage" | "memory",
 *   names: (prefix: string) => Promise<string[]>,
 *   read: (name: string) => Promise<Entry[]>,
 *   write: (boxes: Record<string, readonly Entry[]>) => Promise<void> | void,
 * }} Shelf
 */

/** A shelf that lasts as long as the page or the process: for tests, and where there is no other. */
export class MemoryShelf {
  /** @type {"memory"} */
  kind = "memory";
  /** @type {Map<string, Entry[]>} */
  boxes = new Map();

  /** @param {string} prefix */
  async names(prefix) {
    return [...this.boxes.keys()].filter((name) => name.startsWith(prefix));
  }

  /** @param {string} name */
  async read(name) {
    return structuredClone(this.boxes.get(name) ?? []);
  }

  /** @param {Record<string, readonly Entry[]>} boxes */
  write(boxes) {
    for (const [name, entries] of Object.entries(structuredClone(boxes))) {
      if (entries.length > 0) this.boxes.set(name, [...entries]);
      else this.boxes.delete(name);
    }
  }
}

/** A shelf in `localStorage`: what there was before, and what there is where IndexedDB is not. */
export class LocalShelf {
  /** @type {"localstorage"} */
  kind = "localstorage";
  #storage;

  /** @param {Storage} storage */
  constructor(storage) {
    this.#storage = storage;
  }

  /** @param {string} prefix */
  async names(prefix) {
    return Object.keys(this.#storage).filter((name) => name.startsWith(prefix));
  }

  /**
   * @param {string} name
   * @returns {Promise<Entry[]>} nothing where the box holds what nobody can read
   */
  async read(name) {
    try {
      const found = JSON.parse(this.#storage.getItem(name) ?? "[]");
      return Array.isArray(found) ? found.map(asWrite) : [];
    } catch {
      return [];
    }
  }

  /** @param {Record<string, readonly Entry[]>} boxes what grows is written before what shrinks to nothing */
  write(boxes) {
    for (const [name, entries] of Object.entries(boxes)) {
      if (entries.length > 0) this.#storage.setItem(name, JSON.stringify(entries));
    }
    for (const [name, entries] of Object.entries(boxes)) if (entries.length === 0) this.#storage.removeItem(name);
  }
}

/**
 * @param {any} entry one of today, or one of when there were only messages
 * @returns {Entry}
 */
function asWrite({ text, ...entry }) {
  return text === undefined ? entry : { ...entry, write: { action: "send", text }, seenIn: null };
}
