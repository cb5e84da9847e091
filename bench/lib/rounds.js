// @ts-check

/**
 * One contender of a comparison.
 * @typedef {object} Contender
 * @property {string} name
 * @property {import('./children.js').Server} server
 * @property {import('./load.js').Plan} plan
 */

/**
 * One measurement.
 * @typedef {object} Sample
 * @property {number} rate requests per second
 * @property {number} nodeCpu milliseconds per request
 * @property {number | null} postgresCpu likewise; null where the system does not tell
 * @property {number} loadCpu likewise, of the load generator
 * @property {number} p50 milliseconds until an answer was there
 * @property {number} p95
 * @property {number} p99
 * @property {number} bytes of an answer
 */

/**
 * @typedef {object} Spread
 * @property {number} median
 * @property {number} min
 * @property {number} max
 */

/**
 * Measures all contenders in turn, round after round, so that what slows the machine for a while slows all of them.
 * Each round begins with the next one: nobody is always measured first.
 * @param {readonly Contender[]} contenders
 * @param {number} rounds
 * @param {(contender: Contender) => Promise<Sample>} measure
 * @returns {Promise<Map<string, Sample[]>>}
 */
export async function alternate(contenders, rounds, measure) {
  /** @type {Map<string, Sample[]>} */
  const samples = new Map(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    const first = round % contenders.length
    for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      samples.get(contender.name)?.push(await measure(contender))
    }
  }
  return samples
}

/**
 * @param {readonly number[]} values
 * @returns {Spread}
 */
export function spreadOf(values) {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = (sorted.length - 1) / 2
  const at = (/** @type {number} */ index) => sorted[index] ?? NaN
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  }
}

/**
 * The ratio of each round, which the machine's moods disturb less than the figures themselves.
 * @param {readonly number[]} values
 * @param {readonly number[]} baseline
 */
export function ratioOf(values, baseline) {
  return spreadOf(values.map((value, round) => value / (baseline[round] ?? NaN)))
}

/** @param {readonly Sample[]} [samples] */
export function ratesOf(samples = []) {
  return samples.map(({ rate }) => rate)
}

/**
 * @param {readonly Sample[]} samples
 * @param {keyof Sample} what
 * @returns {number} NaN where the system does not tell
 */
export function medianOf(samples, what) {
  return spreadOf(samples.map((sample) => sample[what] ?? NaN)).median
}
