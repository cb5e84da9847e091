import { createHash } from 'node:crypto'
import { createRandom } from '../random.ts'
import { sampleRate } from './wav.ts'

const ringBack = 425
/** Major pentatonic: any order of these sounds well. Semitones above A3. */
const scale = [0, 2, 4, 7, 9, 12, 14, 16]
const loudness = 0.35
const shortestSeconds = 2
const longestSeconds = 7

/** A tone that swells and fades, with two overtones. */
function tone(frequency: number, seconds: number): number[] {
  const length = Math.round(seconds * sampleRate)
  return Array.from({ length }, (_, index) => {
    const phase = (2 * Math.PI * frequency * index) / sampleRate
    const wave = Math.sin(phase) + 0.3 * Math.sin(2 * phase) + 0.1 * Math.sin(3 * phase)
    return (loudness * wave * envelope(index, length)) / 1.4
  })
}

/** Without it every note would begin and end with a click. */
function envelope(index: number, length: number): number {
  const attack = 0.02 * sampleRate
  return Math.min(1, index / attack, (length - index) / attack) * Math.exp((-2 * index) / length)
}

function silence(seconds: number): number[] {
  return Array.from({ length: Math.round(seconds * sampleRate) }, () => 0)
}

/** What a call sounds like: it rings once, then plays its own tune; a longer call a longer one. */
export function melodyOf(localTag: string, callSeconds: number): number[] {
  const random = createRandom(createHash('sha1').update(localTag).digest().readInt32LE(0))
  const seconds = Math.min(longestSeconds, shortestSeconds + callSeconds / 60)
  const samples = [...tone(ringBack, 0.8), ...silence(0.3)]
  while (samples.length < (seconds - 0.6) * sampleRate) {
    const frequency = 220 * 2 ** (random.pick(scale) / 12)
    samples.push(...tone(frequency, random.pick([0.25, 0.25, 0.5])))
  }
  return [...samples, ...tone(220, 0.6)]
}
