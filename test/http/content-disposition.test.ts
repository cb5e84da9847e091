import { expect, it } from 'vitest'
import { contentDisposition } from '../../src/http/content-disposition.ts'

it.each([
  ['plain.pdf', 'attachment; filename="plain.pdf"'],
  ['two words.pdf', 'attachment; filename="two words.pdf"'],
  ['Рахунок №1.pdf', `attachment; filename="_______ _1.pdf"; filename*=UTF-8''${encodeURIComponent('Рахунок №1.pdf')}`],
  ['a"b.pdf', `attachment; filename="a_b.pdf"; filename*=UTF-8''a%22b.pdf`],
  ["it's(1)*.pdf", `attachment; filename="it's(1)*.pdf"`],
  ["é'(*).pdf", `attachment; filename="_'(*).pdf"; filename*=UTF-8''%C3%A9%27%28%2A%29.pdf`],
  ['100%.pdf', `attachment; filename="100_.pdf"; filename*=UTF-8''100%25.pdf`],
  ['a\r\nSet-Cookie: x=1.pdf', 'attachment; filename="aSet-Cookie: x=1.pdf"'],
  ['../../etc/passwd', 'attachment; filename="_.._etc_passwd"'],
  ['C:\\evil.exe', 'attachment; filename="C:_evil.exe"'],
  ['invoice\u202efdp.exe', 'attachment; filename="invoicefdp.exe"'],
  ['\ud800.pdf', 'attachment; filename="pdf"'],
  ['...', 'attachment; filename="file"'],
  ['', 'attachment; filename="file"'],
])('names %j so that nothing in it can do harm', (name, header) => {
  expect(contentDisposition('attachment', name)).toBe(header)
})
