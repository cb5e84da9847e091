import { readFileSync } from 'node:fs'

/** The cells of a row of a table in Markdown. */
export type Cells = readonly string[]

/** The rows of a page's tables, by the heading above them, without the rows that head them. */
export function tablesOf(path: string): ReadonlyMap<string, readonly Cells[]> {
  const text = readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
  const [, ...sections] = text.split(/^## /m)
  return new Map(
    sections.map((section) => {
      const [heading = '', ...lines] = section.split('\n')
      const [, , ...rows] = lines.filter((line) => line.startsWith('|')).map(cellsOf)
      return [heading, rows]
    }),
  )
}

function cellsOf(line: string): Cells {
  return line.split('|').slice(1, -1).map((cell) => cell.trim()) // prettier-ignore
}

/** What stands in a cell as code. */
export function codeIn(cell = ''): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, text]) => text ?? [])
}
