import { beforeEach, describe, expect, it } from 'vitest';
import { command, make, withoutSecret } from './command.js';
import { forgetEverything, stores } from './fixtures/app.module.js';

const ISO = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/;

beforeEach(forgetEverything);

describe('client list', () => {
  it('prints a table with one line for each client', async () => {
    await make({ client_id: 'a', client_name: 'Alpha', scope: 'catalog:read', owner: 'payments' });
    await make({ client_id: 'b', token_endpoint_auth_method: 'client_secret_post' });
    await command('client rotate-secret b');
    await command('client disable b');
    const { stdout, stderr } = await command('client list');
    const [head, a, b, ...rest] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^ID +NAME +OWNER +ENABLED +METHOD +SCOPE +CREATED +LIVE SECRETS$/);
    expect(a).toMatch(
      new RegExp(`^a +Alpha +payments +yes +client_secret_basic +catalog:read +${ISO.source} +1$`),
    );
    expect(b).toMatch(new RegExp(`^b +- +- +no +client_secret_post +\\(default\\) +${ISO.source} +2$`));
    expect({ rest, stderr }).toEqual({ rest: [], stderr: '' });
  });

  it('puts columns under each other, without spaces at the end', async () => {
    await make({ client_id: 'a', client_name: '\u{1f916}\u{1f916} robot' });
    await make({ client_id: 'longer', client_name: 'x', scope: 'catalog:read' });
    const { stdout } = await command('client list');
    const lines = stdout.split('\n');
    expect(lines.slice(0, 3).map((line) => [...line].slice(0, 26).join(''))).toEqual([
      'ID      NAME      OWNER  E',
      'a       \u{1f916}\u{1f916} robot  -      y',
      'longer  x         -      y',
    ]);
    expect(lines).toHaveLength(4);
    expect(stdout).not.toMatch(/ $/m);
  });

  it('prints an array of information objects with enabled', async () => {
    const a = withoutSecret(await make({ client_id: 'a' }));
    await command('client disable a');
    expect((await command('client list --json')).json()).toEqual([{ ...a, enabled: false }]);
  });

  it('goes through all pages, or begins and ends where it is told', async () => {
    await make({ client_id: 'c000' });
    const first = await stores().clients.find('c000');
    if (!first) throw new Error('no client');
    const ids = Array.from({ length: 450 }, (_each, index) => `c${String(index).padStart(3, '0')}`);
    for (const id of ids.slice(1)) await stores().clients.create({ ...first, id, secrets: [] });

    const listed = async (flags: string[]): Promise<string[]> =>
      (await command(['client', 'list', '--json', ...flags]))
        .json<{ client_id: string }[]>()
        .map((each) => each.client_id);
    expect(await listed([])).toEqual(ids);
    const { stderr } = await command('client list --limit 101');
    const cursor = /^There are more: --after (\S+)\n$/.exec(stderr)?.[1] ?? '';
    expect(await listed(['--limit', '2', '--after', cursor])).toEqual(['c101', 'c102']);
    expect(await listed(['--limit', '300'])).toEqual(ids.slice(0, 300));
    expect((await command('client list')).stdout.match(/^c\d{3} /gm)).toHaveLength(450);
    const part = await command('client list --limit 2 --json');
    expect(part.json()).toHaveLength(2);
    const { next } = JSON.parse(part.stderr) as { next: string };
    expect(await listed(['--limit', '1', '--after', next])).toEqual(['c002']);
    expect((await command('client list --limit 450')).stderr).toBe('');
    for (const group of ['client list', 'registration-token list', 'audit list']) {
      expect(await command(`${group} --after !`)).toMatchObject({
        code: 1,
        stdout: '',
        stderr: 'error: --after must be the cursor that the list before has printed.\n',
      });
    }
  });

  it('says so when there are none', async () => {
    expect((await command('client list --json')).json()).toEqual([]);
    expect(await command('client list')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'There are no clients.\n',
    });
  });

  it('obeys no control characters of stored values', async () => {
    await make({ client_id: 'a' });
    const client = await stores().clients.find('a');
    if (!client) throw new Error('no client');
    const information = { client_name: 'x\u001b[2J\u009b2J\u202e\ny' };
    await stores().clients.update({ ...client, information, revision: 2 }, 1);
    for (const line of ['client list', 'client show a', 'client show a --json', 'client list --json']) {
      const { stdout } = await command(line);
      expect(stdout).not.toMatch(/[\u001b\u009b\u202e]/u);
    }
    expect((await command('client show a --json')).json()).toMatchObject(information);
    expect((await command('client list')).stdout.trimEnd().split('\n')).toHaveLength(2);
  });
});
