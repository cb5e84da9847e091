import tseslint from 'typescript-eslint'

/** What each part of src/ may not import: the arrows of docs/architecture.md. */
const arrows = {
  permissions: ['../backends/*', '../identity/*', '../schema/*', '../enforcement/*', '../http/*', '../*.ts', 'node:*'],
  backends: [
    '../permissions/*',
    '../identity/*',
    '../schema/*',
    '../enforcement/*',
    '../http/*',
    '../app.ts',
    '../main.ts',
  ],
  demo: [
    '../permissions/*',
    '../identity/*',
    '../schema/*',
    '../enforcement/*',
    '../http/*',
    '../app.ts',
    '../main.ts',
  ],
  identity: ['../schema/*', '../enforcement/*', '../http/*', '../demo/*', '../app.ts', '../main.ts'],
  schema: ['../execution/*', '../enforcement/*', '../http/*', '../demo/*', '../app.ts', '../main.ts'],
  execution: [
    '../backends/*',
    '../identity/*',
    '../enforcement/*',
    '../http/*',
    '../demo/*',
    '../app.ts',
    '../main.ts',
  ],
  enforcement: ['../backends/*', '../http/*', '../demo/*', '../app.ts', '../main.ts'],
  http: ['../demo/*', '../app.ts', '../main.ts'],
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
  { files: ['src/permissions/permissions.ts'], rules: { 'max-lines': 'off' } },
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
