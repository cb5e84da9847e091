import { Logger } from 'graphile-worker'
import type { Log } from '../../log.ts'

/** It tries again what it calls an error. What has failed for good we say ourselves. */
const levels: Readonly<Record<string, 'warn' | 'debug' | 'trace'>> = {
  error: 'warn',
  warning: 'warn',
  info: 'debug',
  debug: 'trace',
}

export function queueLog(log: Log): Logger {
  return new Logger(() => (level, message) => log[levels[level] ?? 'debug']({ queue: true }, message))
}
