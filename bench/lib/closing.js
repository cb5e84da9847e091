// @ts-check

/** @type {Set<() => Promise<void>>} */
const open = new Set()

/**
 * Remembers how something is closed, so that it is closed at the end, however that comes.
 * @param {() => Promise<void>} close
 * @returns {() => Promise<void>} closes it before; more than once does no harm
 */
export function closing(close) {
  /** @type {Promise<void> | undefined} */
  let done
  const closeOnce = () => {
    open.delete(closeOnce)
    return (done ??= close())
  }
  open.add(closeOnce)
  return closeOnce
}

/** What was opened last is closed first. */
export async function closeAll() {
  for (const close of [...open].reverse()) await close()
}
