import { describe, expect, it } from 'vitest';
import { Limit } from '../../src/fetch/limit.js';

function open(limits: { running: number; perKey: number; waiting: number }) {
  const limit = new Limit(limits, 'fetches');
  const started: string[] = [];
  const ends: (() => void)[] = [];
  const run = (key: string, name: string) =>
    limit.run(key, () => {
      started.push(name);
      return new Promise<string>((resolve) => ends.push(() => resolve(name)));
    });
  return { run, started, ends, limit };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('AUTH-045 a limit on fetches', () => {
  it('counts for each key and for all, and lets others pass who wait for one', async () => {
    const { run, started, ends } = open({ running: 3, perKey: 2, waiting: 9 });
    const all = ['a1', 'a2', 'a3', 'b1', 'b2'].map((name) => run(name.slice(0, 1), name));
    await turn();
    expect(started).toEqual(['a1', 'a2', 'b1']);
    ends[2]?.();
    await turn();
    expect(started).toEqual(['a1', 'a2', 'b1', 'b2']);
    ends[0]?.();
    await turn();
    expect(started.at(-1)).toBe('a3');
    ends.forEach((end) => end());
    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'b1', 'b2']);
  });

  it('refuses whom it cannot let wait, and has room again after a failure', async () => {
    const { run, ends, limit } = open({ running: 1, perKey: 1, waiting: 1 });
    const first = run('a', 'first');
    const second = run('b', 'second');
    await expect(run('c', 'third')).rejects.toThrow('too many fetches are waiting');
    await turn();
    ends[0]?.();
    await turn();
    ends[1]?.();
    expect(await Promise.all([first, second])).toEqual(['first', 'second']);
    await expect(limit.run('a', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await limit.run('a', () => Promise.resolve('again'))).toBe('again');
  });
});
