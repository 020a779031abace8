/**
 * Tells listeners what happens, by name. What one listener throws reaches neither the others nor
 * whoever told: it is reported like any error that nobody caught.
 *
 * @template {Record<string, any>} Told what is told, by its name
 */
export class Emitter {
  /** @type {Map<keyof Told, Set<(told: any) => void>>} */
  #listeners = new Map();

  /**
   * @template {keyof Told} Name
   * @param {Name} name
   * @param {(told: Told[Name]) => void} listener
   * @param {{signal?: AbortSignal}} [until] an aborted `signal` ends it
   * @returns {() => void} how to end it
   */
  on(name, listener, { signal } = {}) {
    if (signal?.aborted) return () => {};
    /** @param {Told[Name]} told */
    const each = (told) => listener(told);
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(each));
    const end = () => void listeners.delete(each);
    signal?.addEventListener("abort", end, { once: true });
    return end;
  }

  /**
   * @template {keyof Told} Name
   * @param {Name} name
   * @param {Told[Name]} told
   */
  emit(name, told) {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        listener(told);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
