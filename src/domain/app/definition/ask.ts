import { ONE_PER_NODE } from './constraintRules.ts';
import { type AppDefinition, needsImages } from './definition.ts';
import { hostPortsWanted } from './ports.ts';

/**
 * What an app asks of placement, per instance; the shape of a placement request.
 * @param cohort whom constraints count together: the app with the version of its configuration, so that instances about to be
 *   replaced do not stand in the way of their successors.
 */
export const placementAskOf = (app: AppDefinition, cohort: string = app.id) => ({
  app: app.id,
  cohort,
  instances: app.instances,
  image: needsImages(app),
  constraints: app.perNode === true ? [...app.constraints, ONE_PER_NODE] : app.constraints,
  role: app.role,
  ...(app.priority !== undefined && { priority: app.priority }),
  acceptedResourceRoles: app.acceptedResourceRoles,
  hostPorts: hostPortsWanted(app),
  cpus: app.cpus,
  mem: app.mem,
  disk: app.disk,
  gpus: app.gpus,
  ...(app.placement !== undefined && { placement: app.placement }),
});
