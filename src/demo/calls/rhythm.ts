import { type Moment, day, hour } from '../clock.ts'
import { type Random, createChooser } from '../random.ts'

/** Sunday first; the mean is 1. */
const weekdays = [0.5, 1.15, 1.2, 1.2, 1.2, 1.15, 0.6]

/** Share of the calls that begin in each hour of a European working day, UTC. */
const hours = [9, 7, 5, 4, 5, 8, 18, 40, 66, 84, 88, 80, 70, 80, 88, 84, 74, 58, 44, 36, 30, 24, 18, 12]
const pickHour = createChooser([...hours.entries()], ([, weight]) => weight)

/** 1970-01-01 was a Thursday. */
const weekdayOfDayZero = 4

export function callsOn(dayNumber: number, callsPerDay: number, random: Random): number {
  const factor = weekdays[(dayNumber + weekdayOfDayZero) % 7] ?? 1
  return Math.round(callsPerDay * factor * random.between(0.94, 1.06))
}

/** A moment of the day when somebody calls, whose working day begins some hours after the European one. */
export function pickStart(dayNumber: number, hoursLater: number, random: Random): Moment {
  const [europeanHour] = pickHour(random)
  return dayNumber * day + ((europeanHour + hoursLater) % 24) * hour + random.below(hour)
}
