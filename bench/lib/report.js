// @ts-check
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'

/** @param {string} page */
export function reportFile(page) {
  return fileURLToPath(new URL(`../../docs/${page}`, import.meta.url))
}

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 * @param {number} [texts] how many columns, from the first on, are no figures
 */
export function table(head, rows, texts = 1) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, index) => (index < texts ? '---' : '--:'))), ...rows.map(line)].join('\n')
}

/**
 * As many digits as mean something.
 * @param {number | null} value
 */
export function figure(value) {
  if (value === null || Number.isNaN(value)) return '–'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return value.toPrecision(Math.abs(value) >= 1 ? 3 : 2)
}

/** @param {import('./rounds.js').Spread} spread */
export function ratio({ median, min, max }) {
  return `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`
}

/**
 * Puts the text of a section where its marks are; without marks at the end.
 * @param {string} name
 * @param {string} title
 * @param {string} text
 * @param {string} file
 */
export async function saveSection(name, title, text, file) {
  const page = await readFile(file, 'utf8').catch(() => '# Performance\n')
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`]
  const block = `${begin}\n\n${text}\n\n${end}`
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  const next =
    from < 0 || to < 0
      ? `${page.trimEnd()}\n\n## ${title}\n\n${block}\n`
      : page.slice(0, from) + block + page.slice(to + end.length)
  await writeFile(file, await format(next, { ...(await resolveConfig(file)), filepath: file }))
}
