import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { yamlValue } from '../../src/backends/yeti-versions/values.ts'
import { yamlOf, yamlText } from '../../src/backends/yeti-versions/yaml.ts'

/** What Ruby takes for something else when it stands there plainly; the last ones its reader refuses, or breaks lines at. */
const awkward = [
  ...['', ' ', 'yes', 'No', 'y', 'null', '~', 'true', 'off', '0123', '12,345', '1_000', '1e3', '.5', '.inf', '0x1F', '0o7'],
  ...['0b1', '+12', '1:30', '190:20:30', '2026-07-18', '2026-07-18 13:10:56', ':symbol', '":symbol"', '- x', '# c', 'a: b'],
  ...['a #b', '<<', '=', '!x', '&a', '*a', '%x', '@x', '`x', '{a}', '[a]', '|', '>', '? a', 'trail ', ' lead', '[FILTERED]'],
  ...['---', '...', '"quoted"', "it's", 'back\\slash\\n', 'two\nlines\n\n and more\n', 'a\r\nb', 'tab\there', 'ünï 😀 \u{10ffff}'],
  ...['::/0', '192.0.2.0/24', '1e5d41d8-8f00-3204-a980-0998ecf8427e', `${'x'.repeat(300)} ${'y'.repeat(300)}`],
  ...['\u0001\u001f', '\u007f\u0085\u009f\u00a0', '\u2028\u2029', '\ufeff', '\ufffd\ufffe\uffff'],
] // prettier-ignore

describe('A record as Ruby writes it', () => {
  test('MUST be, line by line, what Ruby 3.3 writes', () => {
    const written = [
      ['id', '1', 'integer'],
      ['name', 'followed on', 'character varying'],
      ['invoices', 'false', 'boolean'],
      ['notes', null, 'character varying'],
      ['account_ids', '[1,2]', 'integer[]'],
      ['tag_action_value', '[]', 'smallint[]'],
      ['amount', '100.50', 'numeric'],
      ['balance', '-0.00012300', 'numeric'],
      ['limit', '123456789012345678901234567890.123456789', 'numeric'],
      ['created_at', '2026-07-18T13:10:56.123456+00:00', 'timestamp with time zone'],
      ['updated_at', '2026-07-18T13:10:56', 'timestamp without time zone'],
    ] as const
    expect(yamlOf(written.map(([name, text, type]) => [name, yamlValue(text, type)]))).toBe(
      [
        '---',
        'id: 1',
        'name: followed on',
        'invoices: false',
        'notes:',
        'account_ids:',
        '- 1',
        '- 2',
        'tag_action_value: []',
        'amount: !ruby/object:BigDecimal 18:0.1005e3',
        'balance: !ruby/object:BigDecimal 18:-0.123e-3',
        'limit: !ruby/object:BigDecimal 54:0.123456789012345678901234567890123456789e30',
        'created_at: 2026-07-18 13:10:56.123456000 Z',
        'updated_at: 2026-07-18 13:10:56.000000000 Z',
        '',
      ].join('\n'),
    )
    const list = yamlValue('[1,2]', 'integer[]')
    expect(yamlOf([['account_ids', [yamlValue(null, 'integer[]'), list]]])).toBe('---\naccount_ids:\n-\n- - 1\n  - 2\n')
    expect(yamlOf([])).toBe('--- {}\n')
  })

  test.each(awkward)('MUST keep the text %j what it is', (text) => {
    const written = yamlOf([
      ['a', yamlText(text)],
      ['b', [yamlText(text), [yamlText(text), yamlText(text)]]],
    ])
    for (const version of ['1.1', '1.2'] as const)
      expect(parse(written, { version })).toEqual({ a: text, b: [text, [text, text]] })
    // A line of its own, of what every reader reads.
    expect(written).toMatch(/^[\n\x20-\x7e\u{a0}-\u{2027}\u{202a}-\u{d7ff}\u{e000}-\u{fefe}\u{ff00}-\u{fffd}\u{10000}-\u{10ffff}]*$/u)
    expect(written.split('\n')).toHaveLength(7)
  }) // prettier-ignore

  test.each([':symbol', '12,345', '=', '0o7', '<<', 'yes', '1:30', '~'])(
    'MUST quote %j, which is no text in Ruby without',
    (text) => expect(yamlText(text)).toBe(JSON.stringify(text)),
  )

  test('MUST keep moments that are none, and numbers that are none, as texts', () => {
    expect(yamlValue('infinity', 'timestamp with time zone')).toBe('infinity')
    expect(yamlValue('NaN', 'numeric')).toBe('NaN')
    expect(yamlValue('0', 'numeric')).toBe('!ruby/object:BigDecimal 18:0.0')
  })
})
