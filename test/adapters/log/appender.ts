/**
 * A process that appends until it is killed and says what was acknowledged, one line each: `<stream> <revision of the last fact>`.
 *   node appender.ts <path> <FULL|OFF> <writers> <appends of each writer>
 * The facts of one append say so in their data, so that half of one would be seen.
 */
import { writeSync } from 'node:fs';
import { either as E } from 'fp-ts';
import { openSqliteLog } from '../../../src/adapters/log/sqlite/sqliteLog.ts';
import { wireFact } from '../../support/wireFacts.ts';

const [path = '', synchronous, writers = '1', appends = '1'] = process.argv.slice(2);
const log = await openSqliteLog({ path, synchronous: synchronous === 'OFF' ? 'OFF' : 'FULL' });
/** Room for the ids of one writer's facts. */
const FACTS_PER_WRITER = 1_000_000;

const write = async (writer: number): Promise<void> => {
  const stream = `instance-writer-${writer}`;
  let revision = ((await log.readStream(stream)).at(-1)?.revision ?? -1) as number;
  for (let n = 0; n < Number(appends); n++) {
    const of = 1 + ((revision + 1) % 4);
    const facts = Array.from({ length: of }, (_, i) =>
      wireFact(writer * FACTS_PER_WRITER + revision + 1 + i, { data: JSON.stringify({ first: revision + 1, of }) }),
    );
    const answer = await log.append(stream, revision, facts);
    if (E.isLeft(answer)) throw new Error(JSON.stringify(answer.left));
    revision = answer.right.revision;
    writeSync(1, `${stream} ${revision}\n`);
  }
};

await Promise.all(Array.from({ length: Number(writers) }, (_, writer) => write(writer)));
await log.close();
