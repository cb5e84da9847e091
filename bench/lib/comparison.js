// @ts-check
import { figure, ratio, table } from './report.js'
import { medianOf, ratesOf, ratioOf } from './rounds.js'

/**
 * A line for each contender, its rate beside that of one of them.
 * @param {{ what: string, ratio: string }} heads of the first column, and of that with the ratios
 * @param {Map<string, import('./rounds.js').Sample[]>} samples
 * @param {string} baseline a contender's name
 */
export function comparedWith(heads, samples, baseline) {
  const base = ratesOf(samples.get(baseline))
  const rows = [...samples].map(([name, each]) => [
    name,
    figure(medianOf(each, 'rate')),
    ratio(ratioOf(ratesOf(each), base)),
    figure(medianOf(each, 'nodeCpu')),
    figure(medianOf(each, 'postgresCpu')),
  ])
  return table([heads.what, 'requests/s', heads.ratio, 'Node CPU', 'PostgreSQL CPU'], rows)
}
