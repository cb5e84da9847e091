// @ts-check
import { figure, table } from './report.js'
import { medianOf } from './rounds.js'

/** @typedef {{ name: string, count: number, samples: readonly import('./rounds.js').Sample[] }} Step */

/**
 * What each further one costs: the same from line to line, if the cost is linear.
 * @param {string} title of the first column
 * @param {string} unit what there is more and more of
 * @param {readonly Step[]} steps
 */
export function growthTable(title, unit, steps) {
  const rows = steps.map(({ name, count, samples }, index) => {
    const before = steps[index - 1]
    const cpu = medianOf(samples, 'nodeCpu')
    const further = before && (cpu - medianOf(before.samples, 'nodeCpu')) / (count - before.count)
    return [
      name,
      figure(medianOf(samples, 'rate')),
      figure(cpu),
      further === undefined ? '' : figure(further * 1000),
      figure(medianOf(samples, 'postgresCpu')),
    ]
  })
  return table([title, 'requests/s', 'Node CPU', `µs of it per further ${unit}`, 'PostgreSQL CPU'], rows)
}
