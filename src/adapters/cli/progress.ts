import type { Io } from './io.ts';
import { printable } from './render.ts';
import { type Course, describe, shareOf } from './watch.ts';

const BAR = 24;

export type Progress = { show(course: Course): void; end(): void };

/** Says how deployments go: as bars that move on a terminal, as a line for each change elsewhere, and not at all to programs. */
export const createProgress = (io: Io, json: boolean): Progress => {
  if (json) return { show: () => {}, end: () => {} };
  return io.terminal === undefined ? asLines(io) : asBars(io, io.terminal.columns);
};

const asLines = (io: Io): Progress => {
  const told = new Map<string, string>();
  return {
    show: (course) => {
      const line = `${nameOf(course)}: ${describe(course)}\n`;
      if (told.get(course.id) !== line) io.out(line);
      told.set(course.id, line);
    },
    end: () => {},
  };
};

const asBars = (io: Io, columns: number): Progress => {
  const courses = new Map<string, Course>();
  const started = io.now();
  let drawn = 0;
  const draw = (): void => {
    const lines = [...courses.values()].map((course) => barOf(course, Math.floor((io.now() - started) / 1000)).slice(0, columns - 1));
    io.out(`${drawn > 0 ? `\u001b[${drawn}A` : ''}${lines.map((line) => `\r\u001b[2K${line}\n`).join('')}`);
    drawn = lines.length;
  };
  // Only the seconds move by themselves.
  const ticking = setInterval(draw, 1000);
  return {
    show: (course) => {
      courses.set(course.id, course);
      draw();
    },
    end: () => clearInterval(ticking),
  };
};

const barOf = (course: Course, seconds: number): string => {
  const { done, total } = shareOf(course);
  const share = course.outcome === 'succeeded' ? 1 : total === 0 ? 0 : done / total;
  const full = Math.round(share * BAR);
  return `${nameOf(course)} [${'#'.repeat(full)}${'.'.repeat(BAR - full)}] ${describe(course)} (${seconds} s)`;
};

const nameOf = ({ app, id }: Course): string => printable(app === '' ? id : app);
