import type { Selection } from './selections.ts'

/** How the same fields can be asked for. */
export const ways = ['as they are called', 'under aliases', 'in inline fragments', 'in named fragments'] as const
export type Way = (typeof ways)[number]

/** The same selections as one way asks for them: only aliases change the answer. */
export function inWay(selections: readonly Selection[], way: Way): Selection[] {
  if (way !== 'under aliases') return [...selections]
  return selections.map((each) => ({ ...each, key: `${each.key}Alias`, below: inWay(each.below, way) }))
}

/** The operation as text. Every object says its `__typename` too. */
export function documentOf(selections: readonly Selection[], way: Way = 'as they are called'): string {
  const fragments: string[] = []

  function set(type: string, fields: readonly Selection[]): string {
    const text = fields.map(field).join(' ')
    if (way === 'in inline fragments') return `... on ${type} { ${text} }`
    if (way !== 'in named fragments') return text
    const name = `Fields${fragments.length}`
    fragments.push(`fragment ${name} on ${type} { ${text} }`)
    return `...${name}`
  }

  function field({ key, field: name, args, on, below }: Selection): string {
    const head = `${key === name ? '' : `${key}: `}${name}${args}`
    return below.length === 0 ? head : `${head} { __typename ${sets(below, on === 'Query' && isById(name))} }`
  }

  function sets(fields: readonly Selection[], apart: boolean): string {
    const types = [...new Set(fields.map(({ on }) => on))]
    return types
      .map((type) => {
        const ofType = set(type, fields.filter(({ on }) => on === type)) // prettier-ignore
        return apart && !ofType.startsWith('...') ? `... on ${type} { ${ofType} }` : ofType
      })
      .join(' ')
  }

  const operation = `${(selections[0]?.on ?? 'Query').toLowerCase()} { ${sets(selections, false)} }`
  return [operation, ...fragments].join('\n')
}

function isById(field: string): boolean {
  return field === 'node' || field === 'nodes'
}
