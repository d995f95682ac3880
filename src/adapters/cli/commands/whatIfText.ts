import type { DeploymentChange, Moved, Speed, Usage, WhatIfReport } from '../../../domain/ports/whatIf.ts';
import { plural, short, table } from '../render.ts';

/** Lines of each list that people see; all of it is in the JSON. */
const SHOWN = 20;

export const whatIfText = (report: WhatIfReport, speed: Speed, columns?: number): string => {
  const { from, to, changed, requests, hostEvents, closeness, baseline, whatIf, placements, deployments, otherwise, assumed } = report;
  const share = `${Math.round(closeness.share * 1000) / 10} %`;
  const notReplayed = Object.entries(closeness.notReplayed).map(([command, count]) => `${count} ${command}`);
  return [
    `${iso(from.at)} to ${iso(to.at)}: ${plural(requests, 'request')} and ${plural(hostEvents, 'event')} of hosts again, ${changed.join(', ') || 'with nothing changed'}.\n`,
    `The replay with nothing changed puts ${closeness.equal} of ${closeness.placements} placements (${share}) where they were recorded, and ends ${closeness.deployments.equal} of ${plural(closeness.deployments.recorded, 'deployment')} as recorded.\n`,
    notReplayed.length === 0 ? '' : `Not made again, for the record does not show what they were: ${notReplayed.join(', ')}.\n`,
    ...closeness.otherwise.map(
      ({ command, subject, was, now }) => `In the replay ${command} of ${subject}, which was ${was}, is told: ${now}\n`,
    ),
    '\n',
    table(
      ['', 'AS IT WAS', 'WHAT IF'],
      [
        ['placements', placements.baseline, placements.whatIf],
        ['minutes waiting for a place', baseline.waitingMinutes, whatIf.waitingMinutes],
        ['minutes not ready', baseline.unreadyMinutes, whatIf.unreadyMinutes],
        ['failures of instances', baseline.failures, whatIf.failures],
        ['cpus reserved (mean, peak)', usage(baseline.utilisation.cpus), usage(whatIf.utilisation.cpus)],
        ['memory reserved (mean, peak)', usage(baseline.utilisation.mem), usage(whatIf.utilisation.mem)],
        ['instances without a place at first', baseline.shortfalls.instances, whatIf.shortfalls.instances],
        ['most of them at once', baseline.shortfalls.mostAtOnce, whatIf.shortfalls.mostAtOnce],
        ['minutes of want', baseline.shortfalls.minutes, whatIf.shortfalls.minutes],
        ['without a place at the end', baseline.shortfalls.leftUnplaced, whatIf.shortfalls.leftUnplaced],
      ],
      columns,
    ),
    list('would have succeeded', deployments.wouldSucceed, deploymentLine),
    list('would not have succeeded', deployments.wouldFail, deploymentLine),
    list('would have taken longer', deployments.slower, deploymentLine),
    list('would have been quicker', deployments.faster, deploymentLine),
    list(`placed elsewhere (${placements.moved.length})`, placements.moved, movedLine),
    list('requests with another outcome', otherwise, ({ command, subject, was, now }) => `${command} of ${subject}, ${was} before: ${now}`),
    list('assumed', Object.entries(assumed), ([what, count]) => `${what} (${count})`),
    `\n${hours(speed.simulatedMs)} simulated in ${(speed.wallMs / 1000).toFixed(1)} s: ${Math.round(speed.times).toLocaleString('en')} times real time; the sandboxes took ${(speed.startMs / 1000).toFixed(1)} s to start.\n`,
  ].join('');
};

const iso = (at: number): string => new Date(at).toISOString();
const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;
const usage = ({ mean, peak }: Usage): string => `${percent(mean)}, ${percent(peak)}`;
const hours = (ms: number): string => `${(ms / 3_600_000).toFixed(1)} h`;

const list = <A>(title: string, items: readonly A[], line: (item: A) => string): string => {
  if (items.length === 0) return '';
  const rest = items.length - SHOWN;
  return `\n${title}:\n${items
    .slice(0, SHOWN)
    .map((item) => `  ${line(item)}\n`)
    .join('')}${rest > 0 ? `  and ${rest} more\n` : ''}`;
};

const took = ({ outcome, tookMs, reason }: DeploymentChange['baseline']): string =>
  `${outcome ?? 'not ended'}${tookMs === undefined ? '' : ` after ${(tookMs / 1000).toFixed(0)} s`}${reason === undefined ? '' : ` (${reason})`}`;
const deploymentLine = ({ id, app, baseline, whatIf }: DeploymentChange): string =>
  `${short(id)} of ${app}: ${took(baseline)} → ${took(whatIf)}`;
const movedLine = ({ instance, app, slot, from = 'nowhere', to = 'nowhere' }: Moved): string =>
  `${app} slot ${slot} (${short(instance)}): ${from} → ${to}`;
