export const sampleRate = 8000

const headerSize = 44
const bytesPerSample = 2

/** A WAV file of 16-bit mono samples; a sample is in [-1, 1]. */
export function wavFile(samples: readonly number[]): Buffer {
  const size = samples.length * bytesPerSample
  const file = Buffer.alloc(headerSize + size)
  file.write('RIFF', 0)
  file.writeUInt32LE(headerSize - 8 + size, 4)
  file.write('WAVEfmt ', 8)
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20)
  file.writeUInt16LE(1, 22)
  file.writeUInt32LE(sampleRate, 24)
  file.writeUInt32LE(sampleRate * bytesPerSample, 28)
  file.writeUInt16LE(bytesPerSample, 32)
  file.writeUInt16LE(8 * bytesPerSample, 34)
  file.write('data', 36)
  file.writeUInt32LE(size, 40)
  samples.forEach((sample, index) => file.writeInt16LE(Math.round(sample * 32767), headerSize + index * bytesPerSample))
  return file
}
