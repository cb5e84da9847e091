import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

/** The sections of the benchmark, and the page that each writes to; helpers beside them have no title. */
const sections = readdirSync(new URL('bench/sections/', root)).flatMap((file) => {
  const text = read(`bench/sections/${file}`)
  const [, page = 'performance.md'] = /^export const page = '(.+)'/m.exec(text) ?? []
  return /^export const title = /m.test(text) ? [{ name: file.replace('.js', ''), page }] : []
})

describe('A page with measured figures', () => {
  test.each(sections)('MUST hold those of $name, a table and the machine: $page', ({ name, page }) => {
    const [, block = ''] = read(`docs/${page}`).split(new RegExp(`<!-- /?bench:${name} -->`))
    expect(block).toMatch(/^\| -+/m)
    expect(block).toMatch(/^_\d{4}-\d\d-\d\d, \d+ cores? of .+, Node .+, PostgreSQL .+_$/m)
  })

  test('MUST NOT have a place that nothing measures', () => {
    const places = ['performance.md', 'capacity.md'].flatMap((page) =>
      [...read(`docs/${page}`).matchAll(/<!-- bench:(\S+) -->/g)].map(([, name]) => name),
    )
    expect(places.sort()).toEqual(sections.map(({ name }) => name).sort())
  })

  test('is told of by the manual of the benchmark, section by section', () => {
    const manual = read('bench/README.md')
    expect(sections.filter(({ name }) => !manual.includes(`| \`${name}\` `))).toEqual([])
  })
})
