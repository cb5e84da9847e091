import { existsSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { validate } from 'dockerfile-utils'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readConfig, settingNames } from '../../src/config.ts'

const root = new URL('../../', import.meta.url)
const textOf = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8')
const exists = (path: string): boolean => existsSync(new URL(path, root))

const dockerfile = await textOf('deploy/Dockerfile')
const unit = await textOf('deploy/yeti-portal-gateway@.service')
const caddyfile = await textOf('deploy/Caddyfile')
const nginx = await textOf('deploy/nginx.conf')
const manifest: Manifest = JSON.parse(await textOf('package.json'))
const compose: Compose = parse(await textOf('deploy/compose.yaml'), { merge: true })

interface Manifest {
  readonly scripts: { readonly start: string; readonly lint: string }
  readonly dependencies: Readonly<Record<string, string>>
}

interface Service {
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly env_file?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly volumes?: readonly string[]
  readonly command?: readonly string[]
  readonly stop_grace_period?: string
  readonly depends_on?: Readonly<Record<string, unknown>>
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
}

/** `npm start` gives these to Node. */
const [, flags = ''] = /^node (--\S+) /.exec(manifest.scripts.start) ?? []

describe('The Dockerfile', () => {
  const copies = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) =>
    sources.split(' '),
  )
  const stages = dockerfile.split(/^FROM /m).slice(1)
  const last = stages.at(-1) ?? ''

  it('MUST have no fault that its linter knows', () => {
    expect(validate(dockerfile)).toEqual([])
    expect(validate('FROM node\nRUNN npm ci')).toHaveLength(1)
  })

  it('MUST copy what is there, and what its .dockerignore lets pass', async () => {
    expect(copies.length).toBeGreaterThan(5)
    const [all, ...passing] = (await textOf('deploy/Dockerfile.dockerignore')).split('\n').filter((line) => /^[^#]/.test(line)) // prettier-ignore
    expect(all).toBe('*')
    expect(passing.map((line) => line.replace(/^!/, '')).sort()).toEqual([...new Set(copies)].sort())
    for (const path of copies) expect(exists(path), path).toBe(true)
  })

  it('MUST start the built gateway with the flags of npm start, without npm, as nobody special', () => {
    expect(flags).toMatch(/^--/)
    expect(last).toContain(`CMD ["node", "${flags}", "dist/src/main.js"]`)
    expect(last).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m)
    expect(last).toMatch(/^STOPSIGNAL SIGTERM$/m)
    expect(last).toMatch(/^ENV NODE_ENV=production$/m)
    // What is built on is left behind.
    expect(stages).toHaveLength(2)
    expect(stages[0]).toContain('npm prune --omit=dev')
    expect(last).not.toMatch(/npm|COPY src/)
  })

  it('MUST ask for its health what answers while it lives', () => {
    expect(last).toMatch(/^HEALTHCHECK [\s\S]*?\/healthz/m)
  })
})

describe('The installed gateway', () => {
  it('MUST need no development dependency', async () => {
    const files = (await readdir(new URL('src', root), { recursive: true })).filter((name) => name.endsWith('.ts'))
    const imported = new Set<string>()
    for (const file of files)
      for (const [, type, name = ''] of (await textOf(`src/${file}`)).matchAll(
        /(?:import|export) (type )?[^'"]*?from '([^'.][^']*)'|import\('([^'.][^']*)'\)/g,
      ))
        // prettier-ignore
        if (type === undefined && name !== '') imported.add(packageOf(name))
    expect(imported.size).toBeGreaterThan(10)
    const known = [...Object.keys(manifest.dependencies), ...builtinModules]
    expect([...imported].filter((name) => !name.startsWith('node:') && !known.includes(name))).toEqual([])
  })
})

function packageOf(name: string): string {
  return name.split('/', name.startsWith('@') ? 2 : 1).join('/')
}

describe('The compose file', () => {
  const services = Object.entries(compose.services)
  const gateways = services.filter(([name]) => /^gateway-\d$/.test(name))

  it('MUST be looked at by its linter', () => {
    expect(manifest.scripts.lint).toContain('dclint --config deploy/dclint.yaml --max-warnings 0 deploy/compose.yaml')
  })

  it('MUST have two gateways, PostgreSQL, ClickHouse and a reverse proxy that waits for both', () => {
    expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(['postgres', 'clickhouse', 'proxy']))
    expect(gateways).toHaveLength(2)
    expect(Object.keys(compose.services['proxy']?.depends_on ?? {})).toEqual(gateways.map(([name]) => name))
  })

  it('MUST set nothing that is no setting, neither here nor in the example', async () => {
    const example = (await textOf('deploy/gateway.env.example')).split('\n').flatMap((line) => /^(\w+)=/.exec(line)?.[1] ?? []) // prettier-ignore
    expect(example).toEqual(expect.arrayContaining(['DATABASE_URL', 'CUSTOMER_JWT_SECRET', 'ADMIN_JWT_SECRET']))
    for (const [, { environment }] of gateways)
      for (const name of [...Object.keys(environment ?? {}), ...example]) expect(settingNames).toContain(name)
  })

  it('MUST name files and volumes that are there', () => {
    for (const [name, { build, volumes = [], command = [] }] of services) {
      if (build) expect(exists(`deploy/${build.context}/${build.dockerfile}`), name).toBe(true)
      for (const [source = ''] of volumes.map((volume) => volume.split(':')))
        expect(source.startsWith('.') ? exists(`deploy/${source}`) : source in compose.volumes, source).toBe(true)
      for (const script of command.filter((part) => part.startsWith('scripts/'))) expect(exists(script)).toBe(true)
    }
  })

  it('MUST keep secrets out: those are in a file that is not committed', async () => {
    for (const [, service] of gateways) expect(service.env_file).toBe('gateway.env')
    expect(exists('deploy/gateway.env.example')).toBe(true)
    expect((await textOf('.gitignore')).split('\n')).toContain('deploy/gateway.env')
  })
})

describe('Who stops a gateway', () => {
  const [, keptByCaddy] = /keepalive (\d+)s/.exec(caddyfile) ?? []
  const [, keptByNginx] = /keepalive_timeout (\d+)s/.exec(nginx) ?? []
  const [, unitDelay] = /SHUTDOWN_DELAY=(\d+)/.exec(unit) ?? []
  const [, unitPatience] = /TimeoutStopSec=(\d+)/.exec(unit) ?? []
  const { environment, stop_grace_period: grace = '' } = compose.services['gateway-1'] ?? {}

  it.each([
    ['compose.yaml', environment?.['SHUTDOWN_DELAY'], Number.parseInt(grace), keptByCaddy],
    ['the unit of systemd', unitDelay, Number(unitPatience), keptByNginx],
  ])('MUST wait until it is done, and its reverse proxy keep no idle connection for so long: %s', (_, delay = '', patience, kept) => {
    const { shutdown } = readConfig({ SHUTDOWN_DELAY: delay })
    expect(shutdown.delay).toBeGreaterThanOrEqual(2_000 * Number(kept))
    expect(patience * 1000).toBeGreaterThan(shutdown.delay + shutdown.limit + 5_000)
  }) // prettier-ignore

  it('MUST start it as the image does', () => {
    expect(unit).toMatch(new RegExp(`^ExecStart=/usr/bin/node ${flags} dist/src/main.js$`, 'm'))
    const [, environmentOfUnit = ''] = /^Environment=(.*)$/m.exec(unit) ?? []
    const names = environmentOfUnit.split(' ').map((pair) => pair.split('=', 1)[0])
    expect(names.filter((name) => name !== 'NODE_ENV').every((name) => settingNames.some((known) => known === name))).toBe(true) // prettier-ignore
  })
})

it.each([
  ['Caddy', caddyfile],
  ['nginx', nginx],
])('%s MUST keep to itself what is for operators', (_, text) => {
  for (const path of ['metrics', 'healthz', 'readyz']) expect(text).toMatch(new RegExp(`[/(|]${path}\\b`))
})
