import { pino, type Logger } from 'pino'

export type Log = Logger
export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug'

/** JSON lines on standard error; standard output stays free for what a person should read at the start. */
export function createLog(level: LogLevel): Log {
  return pino(
    {
      level,
      base: null,
      redact: {
        // PostgreSQL's detail of an error can be the whole row that it refused, with whatever that has.
        paths: ['*.password', '*.token', '*.authorization', '*.cookie', '*.password_digest', 'err.detail'],
        censor: '[secret]',
      },
    },
    pino.destination({ dest: 2, sync: true }),
  )
}
