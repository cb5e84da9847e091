/**
 * RFC 6266: a name in ASCII for old clients and the real one for the others. The name is data from a database: nothing
 * in it can end the header, or point outside the folder that a browser saves to.
 */
export function contentDisposition(kind: 'inline' | 'attachment', fileName: string): string {
  const name = safeName(fileName)
  const plain = name.replace(/[^\x20-\x7e]/g, '_').replace(/["\\%]/g, '_')
  return `${kind}; filename="${plain}"${plain === name ? '' : `; filename*=UTF-8''${encoded(name)}`}`
}

function safeName(name: string): string {
  const cleaned = name
    // Control and formatting characters: line breaks, and marks that turn the direction of what is shown.
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '')
    .replace(/[/\\]/g, '_')
    .replace(/^\.+/, '')
    .trim()
  return cleaned === '' ? 'file' : cleaned
}

function encoded(name: string): string {
  return encodeURIComponent(name).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
