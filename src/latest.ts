/**
 * A stream for one reader that keeps the newest value only, so that it never grows. `onClose` runs once: at its
 * end, or as soon as the reader goes, also while it waits.
 */
export class Latest<T> implements AsyncIterableIterator<T, undefined> {
  readonly #onClose: () => void
  readonly #readers: Reader<T>[] = []
  #waiting: { readonly value: T } | null = null
  #failure: { readonly error: unknown } | null = null
  #finished = false

  constructor(onClose: () => void = () => undefined) {
    this.#onClose = onClose
  }

  get finished(): boolean {
    return this.#finished
  }

  /** Replaces the value that nobody has taken yet. */
  put(value: T): void {
    if (this.#finished) return
    this.#waiting = { value }
    this.#settle()
  }

  /** The end, after this last value if there is one. What waited before it is dropped. */
  finish(last: { readonly value: T } | null = null): void {
    if (this.#finished) return
    this.#close(last, null)
  }

  /** The end, as an error for the reader. */
  fail(error: unknown): void {
    if (this.#finished) return
    this.#close(null, { error })
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject })
      this.#settle()
    })
  }

  /** The reader goes. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.#close(null, null)
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #close(last: { readonly value: T } | null, failure: { readonly error: unknown } | null): void {
    const first = !this.#finished
    this.#finished = true
    this.#waiting = last
    this.#failure = failure
    if (first) this.#onClose()
    this.#settle()
  }

  #settle(): void {
    while (this.#waiting !== null || this.#finished) {
      const reader = this.#readers.shift()
      if (!reader) return
      const [waiting, failure] = [this.#waiting, this.#failure]
      this.#waiting = null
      this.#failure = null
      if (waiting !== null) reader.resolve({ value: waiting.value, done: false })
      else if (failure !== null) reader.reject(failure.error)
      else reader.resolve({ value: undefined, done: true })
    }
  }
}

interface Reader<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void
  readonly reject: (error: unknown) => void
}
