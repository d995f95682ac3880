import type { Millis } from '../kernel/units.ts';
import type { HostRuntime } from './hosts.ts';

/** One question to one instance, from outside it or beside it. */
export type ProbeTarget =
  | {
      readonly kind: 'http';
      readonly scheme: 'http' | 'https';
      readonly address: string;
      readonly port: number;
      readonly path: string;
      /** Which addresses of a host name are asked. */
      readonly family: 4 | 6;
      /** Whether the answer carries the body: readiness checks show it. */
      readonly keepsBody: boolean;
    }
  | { readonly kind: 'tcp'; readonly address: string; readonly port: number; readonly family: 4 | 6 }
  /** `container`: of a pod, beside whom it runs. */
  | {
      readonly kind: 'command';
      readonly host: HostRuntime;
      readonly instance: string;
      readonly argv: readonly string[];
      readonly container?: string;
    };

export type ProbeAnswer =
  /** Over HTTP, whatever the status. The body is cut at the adapter's limit. */
  | { readonly _tag: 'Answered'; readonly status: number; readonly contentType: string; readonly body: string }
  /** The connection was accepted; the command exited 0. */
  | { readonly _tag: 'Succeeded' }
  /** `exitCode` of a command that ended by itself. */
  | { readonly _tag: 'Failed'; readonly cause: string; readonly exitCode?: number }
  /** Nothing was learned about the instance: its host does not answer. */
  | { readonly _tag: 'Inconclusive'; readonly cause: string };

/** Asks once. Answers within `timeoutMs` or soon after, and never rejects. */
export type Probe = (target: ProbeTarget, timeoutMs: Millis) => Promise<ProbeAnswer>;
