import { Logger } from 'graphile-worker'
import type { Log } from '../../log.ts'

/** What the queue has to say is for whoever looks into it; only its faults are for the operator. */
const levels: Readonly<Record<string, 'error' | 'warn' | 'debug' | 'trace'>> = {
  error: 'error',
  warning: 'warn',
  info: 'debug',
  debug: 'trace',
}

export function queueLog(log: Log): Logger {
  return new Logger(() => (level, message) => log[levels[level] ?? 'debug']({ queue: true }, message))
}
