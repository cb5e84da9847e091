/** A row as PostgreSQL prints it: all values as text, since nearly all of them go out as text. */
export class TextRow {
  readonly #positions: ReadonlyMap<string, number>
  readonly #values: readonly (string | null)[]

  /** `positions`: where the value of each column stands; shared by all rows of a statement. */
  constructor(positions: ReadonlyMap<string, number>, values: readonly (string | null)[]) {
    this.#positions = positions
    this.#values = values
  }

  /** null also for a column that was not read. */
  text(column: string): string | null {
    const position = this.#positions.get(column)
    return position === undefined ? null : (this.#values[position] ?? null)
  }
}
