// What we add to GraphiQL: text, since it runs in the browser.

/** Before its script. The editor asks for its workers by label; they are files beside the script. */
export const before = `
{
  const base = document.currentScript.src
  self.MonacoEnvironment = { globalAPI: false, getWorkerUrl: (_, label) => new URL(label + '.js', base).href }
}`

/**
 * After its script. Each login has its own schema, so GraphiQL reads it again after a sign-in; it would also put every
 * edit into its URL, from which a reload makes one more tab, and take a click that moves a little for a drag.
 */
export const after = `
{
  const ask = self.fetch
  self.fetch = async (url, init) => {
    const answer = await ask(url, init)
    const changesLogin = /\\bmutation\\b[^]*\\b(signIn|adminSignIn|signOut)\\b/.test(init?.body)
    if (changesLogin) setTimeout(() => document.querySelector('[aria-label^="Re-fetch GraphQL schema"]')?.click(), 500)
    return answer
  }
}
document.addEventListener('pointerdown', (event) => event.target.closest('.graphiql-tab') && event.stopPropagation(), true)
YogaGraphiQL.renderYogaGraphiQL(document.querySelector('#root'), {
  ...JSON.parse(document.querySelector('#options').textContent),
  onEditQuery: () => history.replaceState({}, '', location.pathname),
})`

/**
 * GraphiQL's own style holds a tab back from where its animation left it, but not once it has the focus: pressing the
 * mouse on a tab would move it from under the pointer, and the click is lost.
 */
export const styles = `
.graphiql-tab { transform: none !important }
.graphiql-logo svg { margin-right: 8px }`
