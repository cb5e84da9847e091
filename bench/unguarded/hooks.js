// @ts-check

/** The modules of the gateway that stand for its guards, and what stands in for each. */
const replaced = new Map(
  ['schema/builder.js', 'schema/rules/argument-guard.js', 'enforcement/decision.js'].map((path) => [
    new URL(`../../dist/src/${path}`, import.meta.url).href,
    new URL(path.replaceAll('/', '-'), import.meta.url).href,
  ]),
)

/**
 * @param {string} specifier
 * @param {{ parentURL?: string }} context
 * @param {(specifier: string, context: object) => Promise<{ url: string }>} nextResolve
 */
export async function resolve(specifier, context, nextResolve) {
  const resolved = await nextResolve(specifier, context)
  const url = replaced.get(resolved.url)
  return url === undefined ? resolved : { ...resolved, url }
}
