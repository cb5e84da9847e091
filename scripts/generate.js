// Writes what is generated from the code: schema.graphql, permissions.manifest, docs/permissions.md, the table in README.md
// and the grants in docs/existing-yeti.md.
// With --check it writes nothing and fails when something is stale.
import { readFile, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { printSchemaWithDirectives } from '@graphql-tools/utils'
import { format, getFileInfo, resolveConfig } from 'prettier'
import { build } from './build.js'

const root = new URL('..', import.meta.url)

await build()
const { schema } = await import('../dist/src/schema/index.js')
const { coordinatesOf } = await import('../dist/src/schema/rules/coordinates.js')
const { permissionKeys, permissions } = await import('../dist/src/permissions/permissions.js')
const { grantsSql } = await import('../dist/src/backends/needs/grants.js')
const { capabilities, capabilityKeys, capabilityName } = await import('../dist/src/permissions/capabilities.js')

/**
 * The coordinates of each flag, without those that only repeat their type's own flag.
 * @param {string} key
 */
function guardedBy(key) {
  return coordinatesOf(schema).filter(({ rule, kind }) => kind === 'field' && rule.includes(key))
}

const sections = { general: 'General', outgoing: 'Outgoing traffic', incoming: 'Incoming traffic', billing: 'Billing' }

/** A whole type under a flag is one entry, not one per field. */
function summary(key) {
  // What only carries others (connections, edges, links) says nothing new here.
  const names = guardedBy(key).flatMap(({ name }) => (/(Connection|Edge|Recording|Pdf)\./.test(name) ? [] : [name]))
  const types = new Map()
  for (const name of names) {
    const [type] = name.split('.')
    types.set(type, [...(types.get(type) ?? []), name])
  }
  return [...types].flatMap(([type, of]) => {
    const fields = Object.keys(schema.getType(type).getFields()).length
    return of.length > 3 && of.length >= fields - 2 ? [`\`${type}\``] : of.map((name) => `\`${name}\``)
  })
}

function permissionTable() {
  const rows = permissionKeys.map((key) => {
    const { column, section, title, default: on } = permissions[key]
    const guards = summary(key)
    return `| ${sections[section]} | ${title} | \`${column}\` | ${on ? 'on' : 'off'} | ${guards.join(', ') || 'nothing yet'} |`
  })
  return ['| section | title | flag | default | guards |', '| --- | --- | --- | --- | --- |', ...rows].join('\n')
}

function permissionsPage() {
  const open = coordinatesOf(schema).filter(({ rule }) => rule.includes('public'))
  const signedIn = coordinatesOf(schema).filter(({ rule }) => rule.includes('authenticated'))
  const list = (entries) => entries.map(({ name }) => `- \`${name}\``).join('\n')
  const flags = permissionKeys.map((key) => {
    const entries = coordinatesOf(schema).filter(({ rule }) => rule.includes(key))
    return `## ${permissions[key].title}\n\n\`${permissions[key].column}\`: ${permissions[key].description}\n\n${list(entries) || 'Guards nothing yet.'}`
  })
  const administration = capabilityKeys.map((key) => {
    const { section, action, description } = capabilities[key]
    const entries = coordinatesOf(schema).filter(({ rule }) => rule.includes(key))
    return `## ADMIN_${capabilityName(key)}\n\n${description} In Yeti's \`policy_roles.yml\`: \`${section}\`, \`${action}\`.\n\n${list(entries)}`
  })
  return [
    '# What each flag guards',
    'Generated from the schema. Every field, argument and input field is here once for each flag that it needs; it needs all of them.',
    ...flags,
    "# What administrators' roles allow\n\nCustomers are told of none of it.",
    ...administration,
    `# Open to whoever has signed in\n\n${list(signedIn)}`,
    `# Open to everybody\n\n${list(open)}`,
  ].join('\n\n')
}

/** Every field, argument and input field with its rule, one a line: what a review of a change looks at. */
function manifest() {
  const lines = coordinatesOf(schema).map(
    ({ name, rule }) => `${name}: ${rule.map((scope) => permissions[scope]?.column ?? `@${scope}`).join(' ')}`,
  )
  return `${lines.join('\n')}\n`
}

function withTable(readme) {
  const table = `<!-- permissions:begin -->\n\n${permissionTable()}\n\n<!-- permissions:end -->`
  return readme.replace(/<!-- permissions:begin -->[\s\S]*<!-- permissions:end -->/, () => table)
}

/** @param {string} page */
function withGrants(page) {
  const grants = `<!-- grants:begin -->\n\n\`\`\`sql\n${grantsSql()}\`\`\`\n\n<!-- grants:end -->`
  return page.replace(/<!-- grants:begin -->[\s\S]*<!-- grants:end -->/, () => grants)
}

/** @param {string} file */
async function textOf(file) {
  return readFile(new URL(file, root), 'utf8').catch(() => '')
}

/** @type {Record<string, () => string | Promise<string>>} */
const files = {
  'schema.graphql': () => printSchemaWithDirectives(schema),
  'permissions.manifest': manifest,
  'docs/permissions.md': permissionsPage,
  'README.md': async () => withTable(await textOf('README.md')),
  'docs/existing-yeti.md': async () => withGrants(await textOf('docs/existing-yeti.md')),
}

/**
 * As the formatter would leave it, where there is one for such files.
 * @param {string} file
 * @param {string} text
 */
async function formatted(file, text) {
  const path = new URL(file, root).pathname
  const { inferredParser } = await getFileInfo(path)
  return inferredParser === null ? text : format(text, { ...(await resolveConfig(path)), filepath: path })
}

const stale = []
for (const [file, make] of Object.entries(files)) {
  const text = await formatted(file, await make())
  if (text === (await textOf(file))) continue
  stale.push(file)
  if (!process.argv.includes('--check')) await writeFile(new URL(file, root), text)
}
if (process.argv.includes('--check') && stale.length > 0) {
  console.error(`Stale: ${stale.join(', ')}. Run: npm run schema`)
  process.exitCode = 1
} else console.log(stale.length > 0 ? `Wrote ${stale.join(', ')}` : 'Everything generated is fresh')
