import type { GraphiQLOptions } from 'graphql-yoga'
import type { GraphiqlTab } from './graphiql-tabs.ts'

const title = 'Yeti portal gateway'

const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f2a44"/>' +
  '<path d="M4 25 13 9l5 8 3-4 7 12z" fill="#fff"/><path d="m13 9-3 5.3 2 1.7 1.5-1.5 2 2z" fill="#8fb8ff"/></svg>'

/** The page without its scripts: small, so that it may differ from one request to the next. */
export function graphiqlPage(assetVersion: string, tabs: readonly GraphiqlTab[]): string {
  // Relative, so that it also works where a proxy puts a path before ours.
  const assets = `graphql/assets/${assetVersion}`
  return /* HTML */ `<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon)}" />
        <link rel="stylesheet" href="${assets}/graphiql.css" />
      </head>
      <body id="body" class="no-focus-outline">
        <noscript>GraphiQL needs JavaScript.</noscript>
        <div id="root"></div>
        <script id="options" type="application/json">
          ${scriptSafe(JSON.stringify(options(tabs)))}
        </script>
        <script src="${assets}/graphiql.js"></script>
      </body>
    </html> `
}

function options(tabs: readonly GraphiqlTab[]): GraphiQLOptions {
  return {
    title,
    logo: icon,
    credentials: 'same-origin',
    // Tokens typed into the headers editor must not outlive the page.
    shouldPersistHeaders: false,
    defaultTabs: tabs.map(({ query, variables }) => ({
      query,
      variables: variables === undefined ? null : JSON.stringify(variables, null, 2),
    })),
  }
}

/** Text that ends no script element and starts no comment. */
function scriptSafe(json: string): string {
  return json.replaceAll('<', '\\u003c')
}
