import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Gate, GateFullError } from '../../src/hashes/gate.js';

const LIMITS = { running: 2, waiting: 3, perKey: 4 };

interface Held {
  readonly name: string;
  end(): void;
  fail(): void;
}

/** A gate whose tasks run until they are told to end. */
function gateOfHeldTasks(limits = LIMITS) {
  const gate = new Gate(limits);
  const started: Held[] = [];
  const enter = (key: string, name = key): Promise<string> =>
    gate.run(
      key,
      () =>
        new Promise((resolve, reject) =>
          started.push({ name, end: () => resolve(name), fail: () => reject(new Error(`${name} failed`)) }),
        ),
    );
  return { gate, started, enter };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const names = (tasks: readonly Held[]): string[] => tasks.map(({ name }) => name);

describe('gate', () => {
  it('answers with what the task resolves with', async () => {
    expect(await new Gate(LIMITS).run('a', async () => 7)).toBe(7);
  });

  it('runs so many at once, the others in the order of their coming', async () => {
    const { started, enter } = gateOfHeldTasks();
    const all = ['a', 'b', 'c', 'd', 'e'].map((key) => enter(key));
    await turn();
    expect(names(started)).toEqual(['a', 'b']);
    started[1]?.end();
    await turn();
    expect(names(started)).toEqual(['a', 'b', 'c']);
    for (let index = 0; index < 5; index += 1) {
      started.find(({ name }) => name === ['a', 'c', 'd', 'e', 'b'][index])?.end();
      await turn();
    }
    expect(names(started)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('a place that becomes free goes to the queue, not to whoever comes in that very moment', async () => {
    const { started, enter } = gateOfHeldTasks({ ...LIMITS, running: 1 });
    const first = enter('a').then(() => enter('late'));
    void enter('b');
    await turn();
    started[0]?.end();
    await turn();
    expect(names(started)).toEqual(['a', 'b']);
    started[1]?.end();
    await turn();
    started[2]?.end();
    expect(await first).toBe('late');
  });

  it('refuses what the queue has no place for, without running it, and takes the next when there is one', async () => {
    const { started, enter } = gateOfHeldTasks();
    const all = ['a', 'b', 'c', 'd', 'e'].map((key) => enter(key));
    await expect(enter('f')).rejects.toThrow(GateFullError);
    await turn();
    started[0]?.end();
    await turn();
    all.push(enter('g'));
    for (let index = 1; index < 6; index += 1) {
      started[index]?.end();
      await turn();
    }
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd', 'e', 'g']);
    expect(names(started)).not.toContain('f');
  });

  it('bounds the share of one key, and leaves room for the others', async () => {
    const { started, enter } = gateOfHeldTasks({ ...LIMITS, waiting: 32 });
    const attacked = ['1', '2', '3', '4'].map((name) => enter('a', name));
    await expect(enter('a', '5')).rejects.toThrow(GateFullError);
    const other = enter('b');
    await turn();
    started[0]?.end();
    await turn();
    attacked.push(enter('a', '6'));
    await expect(enter('a', '7')).rejects.toThrow(GateFullError);
    for (let index = 1; index < 6; index += 1) {
      started[index]?.end();
      await turn();
    }
    expect(await other).toBe('b');
    expect(await Promise.all(attacked)).toEqual(['1', '2', '3', '4', '6']);
    expect(names(started)).toEqual(['1', '2', '3', '4', 'b', '6']);
  });

  it('a task that fails, in whatever way, gives its place back', async () => {
    const { gate, started, enter } = gateOfHeldTasks({ running: 1, waiting: 0, perKey: 1 });
    for (let round = 0; round < 3; round += 1) {
      const failing = enter('a');
      await turn();
      started[round]?.fail();
      await expect(failing).rejects.toThrow('a failed');
      const throwing = gate.run('a', () => {
        throw new Error('at once');
      });
      await expect(throwing).rejects.toThrow('at once');
    }
    expect(await gate.run('a', async () => 'free')).toBe('free');
  });

  it('keeps to its limits whatever comes and goes', async () => {
    const step = fc.oneof(
      fc.record({ enter: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ end: fc.nat(9), fails: fc.boolean() }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { started, enter } = gateOfHeldTasks();
        const running = new Set<Held>();
        const entered: string[] = [];
        let seen = 0;
        let refused = 0;
        for (const each of steps) {
          if ('enter' in each) {
            const name = `${each.enter}${entered.length + refused}`;
            entered.push(name);
            enter(each.enter, name).catch((failure: Error) => {
              if (failure.message === `${name} failed`) return;
              expect(failure).toBeInstanceOf(GateFullError);
              entered.splice(entered.indexOf(name), 1);
              refused += 1;
            });
          } else {
            const task = [...running][each.end % Math.max(1, running.size)];
            if (task) running.delete(task);
            if (each.fails) task?.fail();
            else task?.end();
          }
          await turn();
          started.slice(seen).forEach((task) => running.add(task));
          seen = started.length;
          expect(running.size).toBeLessThanOrEqual(LIMITS.running);
          expect(running.size).toBe(Math.min(LIMITS.running, running.size + entered.length - seen));
          expect(entered.length - seen).toBeLessThanOrEqual(LIMITS.waiting);
          expect(names(started)).toEqual(entered.slice(0, seen));
        }
      }),
      { numRuns: 100 },
    );
  });
});
