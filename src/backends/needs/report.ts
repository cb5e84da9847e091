import { levels, type Finding, type Level, type Report } from './finding.ts'

/** Reports as somebody reads them. */
export function reportText(reports: readonly Report[]): string {
  return [...reports.map(paragraph), `${summary(reports)}\n`].join('\n')
}

function paragraph({ title, about, findings }: Report): string {
  const head = about === null ? title : `${title}: ${about}`
  if (findings.length === 0) return `${head}\n  has everything that is needed.\n`
  return `${head}\n\n${findings.map(item).join('\n')}`
}

function item({ level, what, then, mend }: Finding): string {
  const lines = mend
    .split('\n')
    .map((line, index) => (index === 0 ? `    mend:  ${line}` : `           ${line.trim()}`))
  return `  ${levels[level]}: ${what}\n    then:  ${then}\n${lines.join('\n')}\n`
}

const nouns: Readonly<Record<Level, readonly [one: string, many: string]>> = {
  problem: ['problem', 'problems'],
  without: ['thing that works without', 'things that work without'],
  hint: ['hint', 'hints'],
}

/** `1 problem, 0 things that work without, 2 hints` */
export function summary(reports: readonly Report[]): string {
  return (Object.keys(nouns) as Level[]) // it has no other keys
    .map((level) => {
      const count = countOf(reports, level)
      return `${count} ${nouns[level][count === 1 ? 0 : 1]}`
    })
    .join(', ')
}

export function countOf(reports: readonly Report[], level: Level): number {
  return reports.flatMap(({ findings }) => findings).filter((finding) => finding.level === level).length
}
