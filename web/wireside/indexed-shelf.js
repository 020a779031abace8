/** @import {Clock} from "./clock.js" */
/** @import {Entry} from "./outbox.js" */

const DATABASE = "wireside";
const STORE = "outboxes";
const VERSION = 1;
/** Some browsers now and then never answer: WebKit bug 226547. */
const OPENS_WITHIN_MS = 3_000;

/**
 * A shelf in IndexedDB, which all tabs of an origin share. A database that is closed under it, for
 * example because somebody cleared it, is opened again by whoever needs it next.
 */
export class IndexedShelf {
  /** @type {"indexeddb"} */
  kind = "indexeddb";
  #factory;
  #clock;
  /** @type {Promise<IDBDatabase> | null} */
  #database = null;

  /**
   * @param {IDBFactory} factory
   * @param {Clock} clock
   */
  constructor(factory, clock) {
    this.#factory = factory;
    this.#clock = clock;
  }

  /**
   * @param {string} prefix
   * @returns {Promise<string[]>}
   */
  async names(prefix) {
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    return this.#ask("readonly", (store) => store.getAllKeys(range));
  }

  /**
   * @param {string} name
   * @returns {Promise<Entry[]>}
   */
  async read(name) {
    return (await this.#ask("readonly", (store) => store.get(name))) ?? [];
  }

  /** @param {Record<string, readonly Entry[]>} boxes */
  async write(boxes) {
    await this.#ask("readwrite", (store) => {
      for (const [name, entries] of Object.entries(boxes)) {
        if (entries.length > 0) store.put(entries, name);
        else store.delete(name);
      }
      return null;
    });
  }

  /**
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest | null} ask
   * @returns {Promise<any>} the answer, once the transaction is complete
   */
  async #ask(mode, ask) {
    const database = await this.#opened();
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = ask(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onabort = () => reject(transaction.error ?? new Error("the transaction was given up"));
    });
  }

  /** @returns {Promise<IDBDatabase>} */
  #opened() {
    this.#database ??= this.#open().catch((error) => {
      this.#database = null;
      throw error;
    });
    return this.#database;
  }

  /** @returns {Promise<IDBDatabase>} */
  #open() {
    return new Promise((resolve, reject) => {
      const request = this.#factory.open(DATABASE, VERSION);
      const cancel = this.#clock.after(OPENS_WITHIN_MS, () => reject(new Error("the database does not open")));
      request.onupgradeneeded = () => void request.result.createObjectStore(STORE);
      request.onblocked = () => reject(new Error("another tab has an older database open"));
      request.onerror = () => (cancel(), reject(request.error));
      request.onsuccess = () => (cancel(), resolve(this.#watched(request.result)));
    });
  }

  /**
   * Give way to a tab that upgrades the database: it would wait for ever.
   *
   * @param {IDBDatabase} database
   */
  #watched(database) {
    const forget = () => void (this.#database = null);
    database.onversionchange = () => (database.close(), forget());
    database.onclose = forget;
    return database;
  }
}
