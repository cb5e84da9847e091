import { createHash } from 'node:crypto'
import { createRandom } from '../random.ts'
import { sampleRate } from './wav.ts'

const ringBack = 425
/** Major pentatonic, of which every order sounds well. Semitones above the base. */
const scale = [0, 2, 4, 7, 9, 12, 14, 16]
const base = 220
const loudness = 0.25
const shortestSeconds = 2
const longestSeconds = 7
const fadeSamples = 0.02 * sampleRate

/** One period of a tone with two overtones, so that a sample costs a look-up and not three sines. */
const wave = Array.from({ length: 1024 }, (_, index) => {
  const phase = (2 * Math.PI * index) / 1024
  return loudness * (Math.sin(phase) + 0.3 * Math.sin(2 * phase) + 0.1 * Math.sin(3 * phase))
})

/** Appends a tone that swells and fades: without that, every note would begin and end with a click. */
function play(samples: number[], frequency: number, seconds: number): void {
  const length = Math.round(seconds * sampleRate)
  const step = (frequency * wave.length) / sampleRate
  for (let index = 0; index < length; index++) {
    const fade = Math.min(1, index / fadeSamples, (length - index) / fadeSamples) * (1 - (0.8 * index) / length)
    samples.push((wave[Math.floor(index * step) % wave.length] ?? 0) * fade)
  }
}

function rest(samples: number[], seconds: number): void {
  for (let left = Math.round(seconds * sampleRate); left > 0; left--) samples.push(0)
}

/** What a call sounds like: it rings once, then plays its own tune; a longer call a longer one. */
export function melodyOf(localTag: string, callSeconds: number): readonly number[] {
  const random = createRandom(createHash('sha1').update(localTag).digest().readInt32LE(0))
  const seconds = Math.min(longestSeconds, shortestSeconds + callSeconds / 60)
  const samples: number[] = []
  play(samples, ringBack, 0.8)
  rest(samples, 0.3)
  while (samples.length < (seconds - 0.6) * sampleRate) {
    play(samples, base * 2 ** (random.pick(scale) / 12), random.pick([0.25, 0.25, 0.5]))
  }
  play(samples, base, 0.6)
  return samples
}
