import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

describe('the documents', () => {
  it('docs/rfc.md says what the tests say', () => {
    expect(() =>
      execFileSync(process.execPath, ['scripts/rfc.mjs', '--check'], { stdio: 'pipe' }),
    ).not.toThrow();
  });

  it('every option of the module has a default or is said to be required', () => {
    const text = readFileSync('src/oauth/oauth.options.ts', 'utf8');
    const options = [...text.matchAll(/(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\s*readonly (\w+)(\??):/g)];
    expect(options.length).toBeGreaterThan(25);
    const silent = options.filter(
      ([, doc = '', , optional]) => optional === '?' && !doc.includes('Default: '),
    );
    expect(silent.map(([, , name]) => name)).toEqual([]);
  });
});
