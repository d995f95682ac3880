import type { FastifyInstance } from 'fastify';
import type { Election } from '../../../domain/ports/election.ts';
import { createHttp, type HttpOptions } from '../http.ts';
import { electedLeader } from '../leadership.ts';
import type { Standing } from './standBy.ts';
import { type StandbyEngineOptions, standbyEngine } from './standbyEngine.ts';

export type StandbyOptions = Omit<HttpOptions, 'engine' | 'answers' | 'leadership' | 'standing'> &
  Omit<Standing, 'election'> & {
    readonly election: Pick<Election, 'leader' | 'onChange'>;
    /** What it follows. */
    readonly followed: StandbyEngineOptions;
  };

/** The same API from an engine that leads not: reads are answered from its own views, the rest is its leader's. */
export const createStandby = ({ followed, election, self, mode, freshAt, ...http }: StandbyOptions): FastifyInstance => {
  const leadership = electedLeader(election, false);
  const standing = { election, self, mode, freshAt };
  const server = createHttp({ ...http, engine: standbyEngine(followed), leadership, standing });
  server.addHook('onClose', async () => leadership.close());
  return server;
};
