import { FLEETS, OTHERS } from './launching.ts';
import { amount } from './markdown.ts';
import { medianIn, type Result } from './results.ts';

type Bar = { readonly label: string; readonly perSecond: number; readonly isOurs: boolean };

const WIDTH = 820;
const LEFT = 270;
const RIGHT = 80;
const TOP = 46;
const ROW = 30;
const BAR = 18;
/** The axis begins here, instances/s. */
const LEAST = 100;
const FONT = 'font-family="system-ui, sans-serif"';

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Bars on a logarithmic axis: instances a second, ours and peers’, the quickest first. */
export const chartOf = (results: ReadonlyMap<string, Result>): string => {
  const bars: readonly Bar[] = [
    ...FLEETS.flatMap(({ name, instancesOf }) => {
      const result = results.get(name);
      return result === undefined
        ? []
        : [
            {
              label: `Wharfinger, ${name}: ${amount(instancesOf(result))}`,
              perSecond: medianIn(result, 'instancesPerSecond'),
              isOurs: true,
            },
          ];
    }),
    ...[...FLEETS.map(({ peer }) => peer), ...OTHERS].map(({ name, perSecond = Number.NaN }) => ({
      label: name,
      perSecond,
      isOurs: false,
    })),
  ].toSorted((a, b) => b.perSecond - a.perSecond);
  const decades = Math.max(2, Math.ceil(Math.log10((bars[0]?.perSecond ?? LEAST) / LEAST)));
  const x = (perSecond: number): number =>
    Math.round(LEFT + ((WIDTH - LEFT - RIGHT) * Math.log10(Math.max(perSecond, LEAST) / LEAST)) / decades);
  const bottom = TOP + bars.length * ROW;
  const lines = Array.from({ length: decades + 1 }, (_, nth) => LEAST * 10 ** nth).map(
    (value) =>
      `  <line x1="${x(value)}" y1="${TOP - 6}" x2="${x(value)}" y2="${bottom}" stroke="#d0d7de"/>\n` +
      `  <text x="${x(value)}" y="${bottom + 18}" text-anchor="middle" ${FONT} font-size="12" fill="#57606a">${amount(value)}</text>`,
  );
  const rows = bars.map(({ label, perSecond, isOurs }, nth) => {
    const y = TOP + nth * ROW;
    const weight = isOurs ? ' font-weight="600"' : '';
    return [
      `  <text x="${LEFT - 10}" y="${y + 14}" text-anchor="end" ${FONT} font-size="13"${weight} fill="#24292f">${escaped(label)}</text>`,
      `  <rect x="${LEFT}" y="${y}" width="${x(perSecond) - LEFT}" height="${BAR}" rx="2" fill="${isOurs ? '#0969da' : '#8c959f'}"/>`,
      `  <text x="${x(perSecond) + 6}" y="${y + 14}" ${FONT} font-size="12"${weight} fill="#24292f">${amount(Math.round(perSecond))}</text>`,
    ].join('\n');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 52}" width="${WIDTH}" height="${bottom + 52}" role="img" aria-labelledby="title">`,
    '  <title id="title">Instances launched per second: Wharfinger with simulated hosts, and what peers published</title>',
    `  <rect width="${WIDTH}" height="${bottom + 52}" fill="#ffffff"/>`,
    `  <text x="16" y="24" ${FONT} font-size="15" font-weight="600" fill="#24292f">Instances launched per second (logarithmic axis)</text>`,
    ...lines,
    ...rows,
    `  <text x="16" y="${bottom + 42}" ${FONT} font-size="11" fill="#57606a">Blue: one control-plane process, durable, simulated hosts. Grey: as published, real hosts. EKS: scheduled only.</text>`,
    '</svg>',
    '',
  ].join('\n');
};
