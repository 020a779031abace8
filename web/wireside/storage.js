/** @import {Clock} from "./clock.js" */
/** @import {Shelf} from "./shelf.js" */
import { IndexedShelf } from "./indexed-shelf.js";
import { LocalShelf, MemoryShelf } from "./shelf.js";

const PROBE = "wireside.probe";

/**
 * The best shelf that this place has: IndexedDB, else `localStorage`, else memory alone.
 *
 * @param {{factory: IDBFactory | undefined, local: Storage | undefined, clock: Clock}} how
 * @returns {Promise<Shelf>}
 */
export async function bestShelf({ factory, local, clock }) {
  return (await indexed(factory, clock)) ?? lasting(local) ?? new MemoryShelf();
}

/**
 * @param {IDBFactory | undefined} factory
 * @param {Clock} clock
 * @returns {Promise<Shelf | null>} `null` where it cannot be written to
 */
async function indexed(factory, clock) {
  if (!factory) return null;
  try {
    const shelf = new IndexedShelf(factory, clock);
    await shelf.write({ [PROBE]: [] });
    return shelf;
  } catch {
    return null;
  }
}

/**
 * @param {Storage | undefined} local
 * @returns {Shelf | null} `null` where it cannot be written to
 */
function lasting(local) {
  try {
    local?.setItem(PROBE, "[]");
    local?.removeItem(PROBE);
    return local ? new LocalShelf(local) : null;
  } catch {
    return null;
  }
}
