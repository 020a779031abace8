/** What a row is taken for until one was measured, in CSS pixels. */
const GUESS_PX = 64;

/**
 * How high items are, and where that puts each of them: measured where they were shown, else what
 * the measured ones are on average. Every question costs the logarithm of their number.
 */
export class Heights {
  #count = 0;
  /** @type {number[]} */
  #heights = [];
  /** @type {number[]} sums, as a Fenwick tree: the one at `i` covers the `i & -i` items up to `i` */
  #sums = [0];
  /** @type {Map<number, number>} by key */
  #measured = new Map();
  #measuredTotal = 0;

  /** @returns {number} the height of all */
  get total() {
    return this.before(this.#count);
  }

  /**
   * Have a height for each of so many items.
   *
   * @param {number} count
   * @param {(place: number) => number} keyAt what stays the same when items come in above
   * @param {{isAnew: boolean}} how whether what was there before stands elsewhere now
   */
  fit(count, keyAt, { isAnew }) {
    if (isAnew || count < this.#count) {
      this.#count = 0;
      this.#heights = [];
      this.#sums = [0];
    }
    const guess = this.#measured.size > 0 ? this.#measuredTotal / this.#measured.size : GUESS_PX;
    for (; this.#count < count; ) this.#append(this.#measured.get(keyAt(this.#count)) ?? guess);
  }

  /**
   * @param {number} place
   * @param {number} key
   * @param {number} height
   */
  measure(place, key, height) {
    this.#measuredTotal += height - (this.#measured.get(key) ?? 0);
    this.#measured.set(key, height);
    const change = height - (this.#heights[place] ?? 0);
    if (change === 0 || place >= this.#count) return;
    this.#heights[place] = height;
    for (let at = place + 1; at <= this.#count; at += at & -at) this.#sums[at] = (this.#sums[at] ?? 0) + change;
  }

  /**
   * @param {number} place
   * @returns {number} the height of all items before it
   */
  before(place) {
    let sum = 0;
    for (let at = Math.min(place, this.#count); at > 0; at -= at & -at) sum += this.#sums[at] ?? 0;
    return sum;
  }

  /**
   * @param {number} offset from the top
   * @returns {number} the place of the item there
   */
  placeAt(offset) {
    let [at, rest] = [0, offset];
    for (let step = 2 ** Math.floor(Math.log2(this.#count || 1)); step >= 1; step /= 2) {
      const sum = this.#sums[at + step];
      if (sum === undefined || sum > rest) continue;
      at += step;
      rest -= sum;
    }
    return Math.max(0, Math.min(at, this.#count - 1));
  }

  /** @param {number} height */
  #append(height) {
    const at = (this.#count += 1);
    this.#heights.push(height);
    const from = at - (at & -at);
    this.#sums[at] = height + this.before(at - 1) - this.before(from);
  }
}
