/** @import {Channel} from "./tabs.js" */

/**
 * What a browser has and other places do not; each may be missing.
 *
 * @typedef {{
 *   indexedDB?: IDBFactory | undefined, localStorage?: Storage | undefined, sessionStorage?: Storage | undefined,
 *   locks?: LockManager | undefined, channel?: ((name: string) => Channel) | undefined,
 *   listen?: ((woken: () => void, signal: AbortSignal) => void) | undefined,
 * }} Place `listen` tells when the network is back, or the page is looked at again.
 */

/** @returns {Place} the browser around this page; nothing outside of one */
export function browser() {
  if (typeof document === "undefined") return {};
  return {
    indexedDB: reach(() => indexedDB),
    localStorage: reach(() => localStorage),
    sessionStorage: reach(() => sessionStorage),
    locks: reach(() => navigator.locks),
    channel: typeof BroadcastChannel === "undefined" ? undefined : (name) => new BroadcastChannel(name),
    listen,
  };
}

/**
 * @template Thing
 * @param {() => Thing} get raises where the person forbids storage to this site
 * @returns {Thing | undefined}
 */
function reach(get) {
  try {
    return get() ?? undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {() => void} woken
 * @param {AbortSignal} signal
 */
function listen(woken, signal) {
  addEventListener("online", woken, { signal });
  addEventListener("pageshow", ({ persisted }) => void (persisted && woken()), { signal });
  document.addEventListener("visibilitychange", () => void (document.hidden || woken()), { signal });
}
