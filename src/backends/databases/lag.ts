/** Marks that are kept while a standby reaches none of them. */
const maxMarks = 600

interface Mark {
  readonly time: number
  readonly position: number
}

/**
 * How far a standby is behind. Its own clock cannot say: where nothing is written, the last thing that it has replayed
 * is old too. So it is asked which position of the primary's log it has reached, and since when the primary had more.
 */
export class Lag {
  /** Positions that the standby had not reached, oldest first. */
  #marks: readonly Mark[] = []

  /** The primary is at this position now. */
  note(position: number, now: number): void {
    if (this.#marks.at(-1)?.position === position) return
    // The oldest counts; of the newest, one is enough.
    this.#marks = [...this.#marks.slice(0, maxMarks - 1), { time: now, position }]
  }

  /** Milliseconds for which the primary has had what a standby at this position has not. */
  behind(position: number, now: number): number {
    this.#marks = this.#marks.filter((mark) => mark.position > position)
    const [oldest] = this.#marks
    return oldest ? now - oldest.time : 0
  }
}
