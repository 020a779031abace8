/** @import {Shelf} from "./outbox.js" */

const TAB_KEY = "wireside.tab";

/**
 * The key of this tab's outbox. A reload keeps it; a duplicated tab, which brings a copy of the
 * session storage along, gets its own; what a closed tab left unsent is taken over.
 *
 * @param {{userId: string, session: Shelf, local: Storage, locks: LockManager | undefined, newId: () => string}} how
 * @returns {Promise<string>}
 */
export async function outboxKey({ userId, session, local, locks, newId }) {
  const prefix = `wireside.outbox.${userId}.`;
  const own = session.getItem(TAB_KEY);
  if (!locks) return prefix + (own ?? keep(session, newId()));
  if (own !== null && (await claim(locks, prefix + own))) return prefix + own;
  for (const key of Object.keys(local).filter((each) => each.startsWith(prefix))) {
    if (await claim(locks, key)) return prefix + keep(session, key.slice(prefix.length));
  }
  const fresh = keep(session, newId());
  await claim(locks, prefix + fresh);
  return prefix + fresh;
}

/**
 * @param {Shelf} session
 * @param {string} id
 */
function keep(session, id) {
  session.setItem(TAB_KEY, id);
  return id;
}

/**
 * Hold a name for as long as this page lives.
 *
 * @param {LockManager} locks
 * @param {string} name
 * @returns {Promise<boolean>} whether nobody else holds it
 */
function claim(locks, name) {
  return new Promise((resolve) => {
    void locks.request(name, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise(() => {});
    });
  });
}
