import type { GateReading } from '../gate/gate.facts.ts';
import type { Instant } from '../kernel/units.ts';
import type { DeploymentFactOf, Tallies, Weights } from './deployment.facts.ts';

export type DeploymentCommand =
  | ({ readonly type: 'BeginDeployment' /** Chart id, such as `rolling.v2`. */; readonly strategy: string } & Omit<
      DeploymentFactOf<'DeploymentStarted'>,
      'type'
    >)
  | { readonly type: 'ReportSlots'; readonly tallies: Tallies }
  | { readonly type: 'ChangeTarget'; readonly instances: number }
  | { readonly type: 'CancelDeployment'; readonly reason: string }
  | { readonly type: 'AbortDeployment'; readonly reason: string }
  | { readonly type: 'PauseDeployment'; readonly reason: string }
  | { readonly type: 'ResumeDeployment' }
  | { readonly type: 'ApproveDeployment'; readonly comment?: string }
  | { readonly type: 'ChooseWinner'; readonly winner: 'new' | 'old'; readonly reason: string }
  /** `traffic` is answered: new requests go by these weights. `answers`: the entry revision of what owed it. */
  | { readonly type: 'ReportTrafficShifted'; readonly weights: Weights; readonly answers?: number }
  /** `gates` is answered: all of them pass. */
  | { readonly type: 'ReportGatesPassed'; readonly readings: readonly GateReading[]; readonly answers?: number }
  | {
      readonly type: 'ReportGateFailed';
      readonly gate: string;
      readonly reason: string;
      readonly readings: readonly GateReading[];
      readonly answers?: number;
    }
  | {
      readonly type: 'ReportHookEnded';
      readonly hook: 'before' | 'after';
      readonly instance: string;
      readonly failure?: string;
      readonly answers?: number;
    }
  | { readonly type: 'ReportStalled'; readonly progressBy: Instant }
  | { readonly type: 'ReportReleased' };
