import tseslint from 'typescript-eslint'

/** Folders of src/, from however deep a folder they are imported; and the two files that put everything together. */
function above(...folders) {
  return [...folders.map((folder) => `**/../${folder}/**`), '**/../app.ts', '**/../main.ts']
}

/** What each part of src/ may not import: the arrows of docs/architecture.md. */
const arrows = {
  permissions: ['../*', 'node:*'],
  backends: above('permissions', 'identity', 'schema', 'execution', 'enforcement', 'http', 'demo'),
  demo: above('permissions', 'identity', 'schema', 'execution', 'enforcement', 'http'),
  identity: above('schema', 'execution', 'enforcement', 'http', 'demo'),
  schema: above('execution', 'enforcement', 'http', 'demo'),
  execution: above('backends', 'identity', 'enforcement', 'http', 'demo'),
  enforcement: above('backends', 'http', 'demo'),
  http: above('demo'),
}

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'test/generated/', 'node_modules/', '**/.data/'] },
  tseslint.configs.strict,
  {
    languageOptions: { parserOptions: { ecmaVersion: 2023 } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
  },
  {
    files: ['src/**/*.ts', 'test/**/*.ts'],
    rules: {
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/consistent-type-definitions': 'error',
      '@typescript-eslint/no-empty-object-type': 'off',
      '@typescript-eslint/no-namespace': 'off',
      // A name in a pattern or signature that is only there to be left out.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 350 }],
      'max-lines-per-function': ['error', { max: 75, skipComments: true }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Exports have names.' },
        {
          selector: "MemberExpression[object.name='process'][property.name='env']",
          message: 'Settings are read in src/config.ts.',
        },
      ],
    },
  },
  { files: ['src/config.ts', 'scripts/**', 'bench/**'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['src/main.ts', 'scripts/**', 'bench/**', 'test/**'], rules: { 'no-console': 'off' } },
  ...Object.entries(arrows).map(([folder, group]) => ({
    files: [`src/${folder}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group, message: 'Against the arrows of docs/architecture.md.' }] },
      ],
    },
  })),
)
