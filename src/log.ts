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
        paths: ['*.password', '*.token', '*.authorization', '*.cookie', '*.password_digest'],
        censor: '[secret]',
      },
    },
    pino.destination({ dest: 2, sync: true }),
  )
}
