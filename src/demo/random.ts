/** A pseudo-random stream that gives the same values for the same seeds, on every machine. */
export interface Random {
  /** In [0, 1). */
  readonly next: () => number
  /** A whole number in [0, limit). */
  readonly below: (limit: number) => number
  readonly between: (low: number, high: number) => number
  readonly chance: (probability: number) => boolean
  readonly pick: <T>(list: readonly T[]) => T
  readonly digits: (count: number) => string
  readonly hex: (length: number) => string
  /** Normally distributed with mean 0 and deviation 1. */
  readonly normal: () => number
}

const wordRange = 2 ** 32

/** Calls carry many tags: printing them digit by digit would take longer than everything else. */
const hexQuads = Array.from({ length: 2 ** 16 }, (_, value) => value.toString(16).padStart(4, '0').toUpperCase())

/** Spreads the seeds over the four words of state: neighbouring days must not give similar streams. */
function spread(seeds: readonly number[]): Uint32Array {
  const state = new Uint32Array(4)
  let hash = 0x9e3779b9
  for (let word = 0; word < 4; word++) {
    for (const seed of seeds) {
      hash = Math.imul(hash ^ seed ^ (word + 1), 0x85ebca6b)
      hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
      hash ^= hash >>> 16
    }
    state[word] = hash
  }
  return state
}

/** The generator sfc32 of PractRand. */
function createWords(seeds: readonly number[]): () => number {
  let [a = 0, b = 0, c = 0, counter = 0] = spread(seeds)
  const word = () => {
    const sum = (a + b + counter++) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let round = 0; round < 12; round++) word()
  return word
}

export function createRandom(...seeds: readonly number[]): Random {
  const word = createWords(seeds)
  const next = () => word() / wordRange
  const below = (limit: number) => Math.floor(next() * limit)
  const hex = (length: number) => {
    let text = ''
    for (let done = 0; done < length; done += 4) text += hexQuads[word() >>> 16] ?? ''
    return text.slice(0, length)
  }
  return {
    next,
    below,
    between: (low, high) => low + next() * (high - low),
    chance: (probability) => next() < probability,
    pick: (list) => at(list, below(list.length)),
    digits: (count) => String(below(10 ** count)).padStart(count, '0'),
    hex,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  }
}

/** A function that picks from the list with the given weights. */
export function createChooser<T>(list: readonly T[], weight: (item: T) => number): (random: Random) => T {
  let total = 0
  const bounds = list.map((item) => (total += weight(item)))
  return (random) => {
    const point = random.next() * total
    return at(
      list,
      bounds.findIndex((bound) => point < bound),
    )
  }
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index]
  if (item === undefined) throw new RangeError(`no item ${index} in a list of ${list.length}`)
  return item
}
