import type { Random } from '../random.ts'
import { country } from '../world/countries.ts'
import type { CustomersAuth } from '../world/customers-auth.ts'
import type { Zone } from '../world/zones.ts'
import type { Caller } from './call.ts'

/** Among them what breaks careless code: quotes, commas, backslashes, other scripts, a formula for spreadsheets. */
const names = [
  'Reception',
  'Anna Schmidt',
  'Zoë Müller-Łukasz',
  'Ольга Шевченко',
  "O'Brien, Mick",
  'Sales, "Gold" team',
  '陳大文',
  'AURORA\\agent7',
  '=SUM(A1:A9)',
  'José Núñez',
  'Åsa Öberg',
  'Support;night shift',
  'Lukáš Černý',
  'محمد',
]

const namedShare = 0.55
const hiddenShare = 0.04
/** How many numbers a customer calls from, of each range. */
const numbersPerRange = 40

export function pickCaller(auth: CustomersAuth, random: Random): Caller {
  if (random.chance(hiddenShare)) return { name: 'Anonymous', number: 'anonymous', country: null }
  const range = random.pick(auth.callers)
  // The square makes a few numbers call often, as in any office.
  const extension = Math.floor(random.next() ** 2 * numbersPerRange)
  const digits = range.length - range.prefix.length
  return {
    name: random.chance(namedShare) ? random.pick(names) : null,
    number: range.prefix + String(extension * 7 + 1).padStart(digits, '0'),
    country: country(range.iso2),
  }
}

export function pickNumber(zone: Zone, random: Random): string {
  const start = zone.prefix + random.pick(zone.areas)
  return start + random.digits(zone.numberLength - start.length)
}

/** Customers send numbers with a plus, with 00, or bare. */
export function asSent(number: string, random: Random): string {
  return random.pick(['', '', '', '+', '00']) + number
}

export const userAgents = [
  'Asterisk PBX 20.9.3',
  'Yealink SIP-T46U 108.86.0.20',
  'Zoiper rv2.10.19.6',
  'Linphone-Desktop/5.2.6 (Ubuntu 24.04, Qt 5.15.13)',
  '3CXPhoneSystem 20.0.1.3',
  'Grandstream GXP2170 1.0.11.64',
]
