// @ts-check
// Loaded into every process that is measured: tells over the channel to its parent what it has used.
import process from 'node:process'

process.on('message', (/** @type {{ what?: string, gc?: boolean }} */ { what, gc }) => {
  if (what !== 'usage') return
  // Twice: the first collection finds objects whose finalisers only then let go of others.
  for (let times = gc ? 2 : 0; times > 0; times--) globalThis.gc?.()
  const { user, system } = process.cpuUsage()
  const { heapUsed, rss } = process.memoryUsage()
  process.send?.({ cpu: (user + system) / 1000, heapUsed, rss, node: process.version })
})
// Whoever measures is gone, also where it could not say so.
process.on('disconnect', () => process.exit())
// The channel alone keeps no process alive.
process.channel?.unref()
