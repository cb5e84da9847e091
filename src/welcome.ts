import type { Config } from './config.ts'
import { demoLogins } from './demo/world/logins.ts'

/** What a person reads when the gateway has started. */
export function welcome(url: string, config: Config): string {
  const lines = [`Yeti portal gateway: ${url}/graphql`]
  if (config.http.graphiql) lines.push('Open it in a browser for GraphiQL.')
  if (config.database.kind === 'embedded') {
    const width = Math.max(...demoLogins.map(({ login }) => login.length))
    lines.push(
      '',
      'Demo logins:',
      ...demoLogins.map(
        ({ login, password, what }) => `  ${login.padEnd(width)}  ${password.padEnd(width + 5)}  ${what}`,
      ),
    )
  }
  return `${lines.join('\n')}\n`
}
