import { Session } from 'chdb'

// ClickHouse in a process of its own, since it blocks the one that it is in. JavaScript, since Node 20 runs no other.
// Started with the directory of its data; gets `{ id, setup, statement, format }`, answers `{ id, result }` or `{ id, error }`.

const session = new Session(process.argv[2])

process.on('message', ({ id, setup, statement, format }) => {
  try {
    for (const each of setup) session.query(each)
    process.send({ id, result: session.query(statement, format) })
  } catch (error) {
    process.send({ id, error: error.message })
  }
})

process.on('disconnect', () => {
  session.close()
  process.exit()
})
