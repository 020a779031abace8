const TAB_KEY = "wireside.tab";
const TAB_ID = /^[\w-]+$/;
/** Outside of browsers there are no tabs: whoever is given a shelf has it alone. */
const ONLY = "only";

/** @typedef {Pick<Storage, "getItem" | "setItem">} Session */

/**
 * Whose outbox is whose. A tab keeps its box over a reload; a duplicated tab, which brings a copy
 * of the session storage along, gets its own; what a closed tab left is free to be taken over.
 * That somebody lives shows in a lock that they hold.
 */
export class Boxes {
  #prefix;
  #session;
  #locks;
  #newId;
  #end = () => {};
  /** @type {Promise<void>} */
  #ended;
  /** @type {string | null} the box of this tab, once it has one */
  name = null;
  /** @type {string | null} the box of this tab before, where locks cannot tell whether its owner lives */
  #before = null;

  /**
   * @param {{userId: string, session: Session | undefined, locks: LockManager | undefined, newId: () => string}} how
   */
  constructor({ userId, session, locks, newId }) {
    this.#prefix = `wireside.outbox.${userId}.`;
    this.#session = session;
    this.#locks = locks;
    this.#newId = newId;
    this.#ended = new Promise((resolve) => (this.#end = resolve));
  }

  /** What the names of this person's boxes begin with; those of others may as well. */
  get prefix() {
    return this.#prefix;
  }

  /** Whether it is known of every box if its owner lives. */
  get isCertain() {
    return this.#locks !== undefined;
  }

  /** @returns {Promise<string>} the box of this tab, until `release` */
  async own() {
    const kept = read(this.#session);
    const isKept = kept !== null && this.#locks !== undefined && (await this.#claim(this.#prefix + kept));
    const id = isKept ? kept : this.#session || this.#locks ? this.#newId() : ONLY;
    if (!isKept) await this.#claim(this.#prefix + id);
    if (!this.#locks && kept !== null) this.#before = this.#prefix + kept;
    keep(this.#session, id);
    this.name = this.#prefix + id;
    return this.name;
  }

  /**
   * @param {string[]} names of boxes
   * @returns {Promise<string[]>} those of this person that nobody writes to any more; they are held until `release`
   */
  async free(names) {
    const free = [];
    for (const name of this.theirs(names)) if (name !== this.name && (await this.#claim(name))) free.push(name);
    return free;
  }

  /**
   * @param {string[]} names of boxes
   * @returns {string[]} those of this person, whichever tab writes to them
   */
  theirs(names) {
    return names.filter((name) => name.startsWith(this.#prefix) && TAB_ID.test(name.slice(this.#prefix.length)));
  }

  /** Let others have what this tab held: its person leaves. */
  release() {
    this.#end();
  }

  /**
   * @param {string} name
   * @returns {Promise<boolean>} whether nobody else holds it
   */
  #claim(name) {
    const locks = this.#locks;
    if (!locks) return Promise.resolve(name === this.#before);
    return new Promise((resolve) => {
      const held = locks.request(name, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock === null ? undefined : this.#ended;
      });
      held.catch(() => resolve(false));
    });
  }
}

/**
 * @param {Session | undefined} session
 * @returns {string | null}
 */
function read(session) {
  const id = session?.getItem(TAB_KEY) ?? null;
  return id !== null && TAB_ID.test(id) ? id : null;
}

/**
 * @param {Session | undefined} session
 * @param {string} id
 */
function keep(session, id) {
  try {
    session?.setItem(TAB_KEY, id);
  } catch {
    // A full or forbidden storage: the next page of this tab takes the box over like any other.
  }
}
