import type { DeploymentFactOf, Tallies } from './deployment.facts.ts';

export type DeploymentCommand =
  | ({ readonly type: 'BeginDeployment' /** Chart id, such as `rolling.v1`. */; readonly strategy: string } & Omit<
      DeploymentFactOf<'DeploymentStarted'>,
      'type'
    >)
  | { readonly type: 'ReportSlots'; readonly tallies: Tallies }
  | { readonly type: 'ChangeTarget'; readonly instances: number }
  | { readonly type: 'CancelDeployment'; readonly reason: string }
  | { readonly type: 'ReportReleased' };
