import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import { expect, test } from 'vitest';
import { createShells, type ShellPorts } from '../../src/actors/shell.ts';
import { simulatedClock } from '../../src/adapters/clock/simulatedClock.ts';
import { seededIds } from '../../src/adapters/ids/seededIds.ts';
import { KeysUnavailable, type Sealer } from '../../src/domain/kernel/codec.ts';
import type { Refusal } from '../../src/domain/kernel/refusal.ts';
import type { Accepted } from '../../src/domain/ports/engine.ts';
import { memoryLog } from '../support/memoryLog.ts';
import { plainSealer } from '../support/sealer.ts';

/* One actor alone: what it says when what stands around it fails. */

const START = Date.UTC(2030, 0, 1);
const ENDPOINT = { kind: 'simulated', seed: 1 };
const OFFER = { hostname: 'n1', address: '127.0.0.1', cpus: 1, mem: 1, disk: 1, gpus: 0, portRanges: [] };
const register = { type: 'RegisterNode', endpoint: ENDPOINT, offer: OFFER, attributes: {}, roles: ['*'], warnings: [] };

const actor = (change: (ports: ShellPorts) => Partial<ShellPorts>) => {
  const log = memoryLog();
  const clock = simulatedClock(START);
  const ids = seededIds(1);
  const quarantined: string[] = [];
  const ports: ShellPorts = {
    log,
    clock,
    ids,
    sealer: plainSealer,
    term: () => 1,
    isVoid: () => false,
    leads: () => true,
    onCommitted: () => {},
    onQuarantined: (_, why) => quarantined.push(why),
    onFenced: () => {},
    onLogAnswer: () => {},
    onIdle: () => {},
  };
  const shells = createShells();
  const ref = shells.start({ stream: 'node-n1', ports: { ...ports, ...change(ports) } });
  const ask = (): (() => Either<Refusal, Accepted> | undefined) => {
    let answer: Either<Refusal, Accepted> | undefined;
    const id = ids.next();
    const settle = (given: Either<Refusal, Accepted>) => {
      answer = given;
    };
    const envelope = {
      command: register,
      cause: { correlationId: id, causationId: id, by: 'tester' },
      request: { id, by: 'tester', body: {} },
      settle,
    };
    ref.send({ type: 'deliver', envelope });
    return () => answer;
  };
  return {
    ask,
    end: () => shells.end(ref),
    quarantined,
    log,
    pass: (ms: number) => clock.advanceSettling(clock.now() + ms),
    phase: () => ref.getSnapshot().phase,
  };
};
const codeOf = (answer: Either<Refusal, Accepted> | undefined) => answer && E.isLeft(answer) && answer.left.code;

test('while its history cannot be read, whoever asks from outside is told so, and it goes on by itself', async () => {
  let isReadable = false;
  const { ask, pass } = actor(({ log }) => ({
    log: { ...log, readStream: async (stream) => (isReadable ? log.readStream(stream) : Promise.reject(new Error('no such disk'))) },
  }));
  const asked = ask();
  await pass(2000);
  expect(codeOf(asked())).toBe('unavailable');
  isReadable = true;
  await pass(2000);
  const again = ask();
  await pass(0);
  expect(again()?._tag).toBe('Right');
});

test('an effect that cannot even be begun puts its own stream aside; what was recorded was recorded', async () => {
  const { ask, pass, quarantined, log } = actor(() => ({
    onCommitted: () => {
      throw new Error('nobody performs it');
    },
  }));
  const asked = ask();
  await pass(2000);
  expect(asked()?._tag).toBe('Right');
  expect(quarantined).toEqual(['nobody performs it']);
  expect((await log.readStream('node-n1')).map(({ type }) => type)).toEqual(['NodeRegistered.v1']);
  const again = ask();
  await pass(2000);
  expect(codeOf(again())).toBe('quarantined');
});

test('a log that throws at what no log could keep spoils that stream alone', async () => {
  const { ask, pass, quarantined } = actor(({ log }) => ({
    log: { ...log, append: async () => Promise.reject(new TypeError('too long')) },
  }));
  const asked = ask();
  await pass(2000);
  expect(codeOf(asked())).toBe('quarantined');
  expect(quarantined).toEqual(['too long']);
});

test('an actor that ends answers what is being appended, and refuses what still waits behind it', async () => {
  const held = Promise.withResolvers<void>();
  const { ask, end, pass } = actor(({ log }) => ({
    log: {
      ...log,
      append: async (...appended) => {
        await held.promise;
        return log.append(...appended);
      },
    },
  }));
  await pass(0);
  const first = ask();
  await pass(0);
  const second = ask();
  end();
  expect([first(), codeOf(second())]).toEqual([undefined, 'unavailable']);
  held.resolve();
  await pass(0);
  expect(E.isRight(first() ?? E.left(undefined))).toBe(true);
});

/** Whose keys are durable when it is told, or never. */
const waitingSealer = () => {
  const writes: PromiseWithResolvers<void>[] = [];
  const sealer: Sealer = {
    ...plainSealer,
    together: (work) => {
      const write = Promise.withResolvers<void>();
      writes.push(write);
      return { made: work(), durable: write.promise };
    },
  };
  return { sealer, writes };
};

test('what is sealed is not in the log before its key is durable', async () => {
  const { sealer, writes } = waitingSealer();
  const { ask, pass, log } = actor(() => ({ sealer }));
  const asked = ask();
  await pass(0);
  // The request's body is sealed, and what follows from the request is not there without it.
  expect([writes.length, log.head(), asked()]).toEqual([1, 0, undefined]);
  writes[0]?.resolve();
  await pass(0);
  expect(asked()?._tag).toBe('Right');
  expect(log.facts.map(({ stream }) => stream.slice(0, stream.indexOf('-')))).toEqual(['request', 'node']);
});

test('where the key cannot be written it is refused as unavailable', async () => {
  const { sealer, writes } = waitingSealer();
  const { ask, pass, log } = actor(() => ({ sealer }));
  const asked = ask();
  await pass(0);
  writes[0]?.reject(new KeysUnavailable('no space left on the device'));
  await pass(0);
  expect(codeOf(asked())).toBe('unavailable');
  expect(log.head()).toBe(0);
});

test('where the key of a request cannot be written from which nothing follows, that is refused too, and nothing is left unheard', async () => {
  const { sealer, writes } = waitingSealer();
  const { ask, pass, log } = actor(() => ({ sealer }));
  const first = ask();
  await pass(0);
  writes[0]?.resolve();
  await pass(0);
  const head = log.head();
  const again = ask();
  await pass(0);
  writes[1]?.reject(new KeysUnavailable('no space left on the device'));
  await pass(0);
  expect([first()?._tag, codeOf(again()), log.head()]).toEqual(['Right', 'unavailable', head]);
});
