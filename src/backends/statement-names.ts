import { LRUCache } from 'lru-cache'

/** A text that came this often will come again. */
const often = 3
/** Names are for ever, on each connection: the first that prove themselves get them. */
const maxNames = 200
/** Characters of texts that are counted or named. */
const maxCharacters = 1_000_000

/** Names for statements that repeat themselves, under which a connection's server keeps them parsed. */
export class StatementNames {
  readonly #seen = new LRUCache<string, number>({ maxSize: maxCharacters, sizeCalculation: (_, text) => text.length })
  readonly #names = new Map<string, string>()
  #stopped = false

  /** undefined: not seen often enough, or no names are left; then it runs without one, as well. */
  nameOf(text: string): string | undefined {
    const name = this.#names.get(text)
    if (name !== undefined || this.#stopped || this.#names.size >= maxNames) return name
    const times = (this.#seen.get(text) ?? 0) + 1
    if (times < often) return void this.#seen.set(text, times)
    this.#seen.delete(text)
    const given = `portal_${this.#names.size + 1}`
    this.#names.set(text, given)
    return given
  }

  /** For databases that are reached through something that does not keep names. */
  stop(): void {
    this.#stopped = true
    this.#names.clear()
  }
}
