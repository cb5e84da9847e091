import { Transform, type TransformCallback } from 'node:stream'

const newline = 0x0a
/** Of a row that is complete up to its first value, which is the time; a quote inside a value would be doubled. */
const firstTime = /^\n"(\d{4}-[^"]+)",?/

/** How far an export has come, told by the CSV that passes through. */
export class Meter extends Transform {
  readonly #beforeEnd: () => Promise<void>
  #lines = 0
  #chunk: Buffer = Buffer.alloc(0)

  /** `beforeEnd`: when everything has passed; who comes after is told of the end if it succeeds, and of its error if not. */
  constructor(beforeEnd: () => Promise<void>) {
    super()
    this.#beforeEnd = beforeEnd
  }

  /** About: a value may have lines, too. */
  get rows(): number {
    return Math.max(0, this.#lines - 1)
  }

  /** The time with which the newest row of those seen so far begins, as it stands there; null when there is none. */
  get newest(): string | null {
    let end = this.#chunk.length
    while (end > 0) {
      const start = this.#chunk.lastIndexOf(newline, end - 1)
      if (start < 0) return null
      const [, time] = firstTime.exec(this.#chunk.toString('latin1', start, start + 40)) ?? []
      if (time !== undefined) return time
      end = start
    }
    return null
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, at + 1)) this.#lines++
    this.#chunk = chunk
    done(null, chunk)
  }

  override _flush(done: TransformCallback): void {
    this.#beforeEnd().then(() => done(), done)
  }
}
