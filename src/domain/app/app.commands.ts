import type { ScalingReading } from '../autoscale/policy.facts.ts';
import type { Instant } from '../kernel/units.ts';
import type { AppFactOf, Target } from './app.facts.ts';
import type { AppDefinition } from './definition/definition.ts';
import type { RestartRule } from './definition/restarts.ts';

/** The plan of a group that a change belongs to, and the instant that gives all of its apps the same version. */
export type PartOf = { readonly plan: string; readonly at: Instant };

/** A change of an app is a deployment of a new version. */
export type AppCommand =
  | {
      readonly type: 'DeployApp';
      readonly definition: AppDefinition;
      readonly reason: AppFactOf<'AppVersionAdded'>['reason'];
      /** What asked for it, in words, where that was no person. */
      readonly because?: string;
      /** Id of the deployment that this begins; the same id asked twice is one deployment. */
      readonly deployment: string;
      /** `create` refuses an app that is there, `change` one that is not. */
      readonly mode: 'create' | 'change' | 'either';
      /** Takes the lock over from a running deployment. */
      readonly force: boolean;
      /** Version that the definition was made from; another one in between is a conflict. */
      readonly basedOn?: string;
      readonly retire?: readonly string[];
      readonly partOf?: PartOf;
      /** A configuration of earlier that comes back with its definition, so that instances which still run it stay. */
      readonly configVersion?: string;
      /** What replaces instances; `needed` where absent. */
      readonly restart?: RestartRule;
    }
  | {
      /** The app's own policy asks for another number of instances. */
      readonly type: 'AutoscaleApp';
      readonly instances: number;
      readonly because: string;
      readonly readings: readonly ScalingReading[];
      /** Version that it was decided for; what was decided for another one is dropped, and decided anew. */
      readonly basedOn: string;
      readonly deployment: string;
    }
  | { readonly type: 'RestartApp'; readonly deployment: string; readonly force: boolean }
  | { readonly type: 'DestroyApp'; readonly deployment: string; readonly force: boolean; readonly partOf?: PartOf }
  | { readonly type: 'BeginHeldDeployment'; readonly deployment: string }
  | {
      /** Puts back what was before a deployment; the app goes when there was nothing. */
      readonly type: 'RevertDeployment';
      readonly reverts: string;
      readonly deployment: string;
      readonly definition?: AppDefinition;
      readonly previous?: Target;
    }
  | ({
      readonly type: 'ReportDeploymentEnded';
      /** One that failed went back to this: the app is of it again. */
      readonly restored?: { readonly configVersion: string; readonly definition: AppDefinition };
    } & Omit<AppFactOf<'DeploymentEnded'>, 'type'>);
