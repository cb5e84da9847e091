import { SingleBar } from 'cli-progress'

/** Shows how far a long piece of work is: a bar on a terminal, elsewhere a plain line for every tenth. */
export interface Progress {
  readonly report: (done: number, total: number, what: string) => void
  readonly stop: () => void
}

type Output = NodeJS.WritableStream & { readonly isTTY?: boolean }

export function demoProgress(output: Output = process.stderr): Progress {
  return output.isTTY ? barOn(output) : linesOn(output)
}

function barOn(stream: Output): Progress {
  const bar = new SingleBar({ stream, format: 'Demo data [{bar}] {percentage} %  {what}', hideCursor: true })
  let isStarted = false
  return {
    report: (done, total, what) => {
      if (!isStarted) bar.start(total, done, { what })
      isStarted = true
      bar.update(done, { what })
    },
    stop: () => {
      if (isStarted) bar.stop()
    },
  }
}

function linesOn(output: Output): Progress {
  let tenths = -1
  return {
    report: (done, total, what) => {
      const reached = Math.floor((10 * done) / total)
      if (reached <= tenths) return
      tenths = reached
      output.write(`Demo data: ${reached * 10} % (${what})\n`)
    },
    stop: () => undefined,
  }
}
