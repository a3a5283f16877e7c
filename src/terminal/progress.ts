/**
 * One line on stderr that shows how far a long run is: count, rate and time left. It is redrawn in place on a terminal,
 * not shown anywhere else, and erased at the end. The time comes from `now`, so that tests control it.
 */
import { fit, printable } from './printable.js';

export interface ProgressStream {
  readonly isTTY: boolean;
  readonly columns: number;
  write(text: string): void;
  /** Milliseconds; only differences matter. */
  now(): number;
}

export type Progress = ReturnType<typeof openProgress>;

/** A reader does not see more than ten pictures a second, so more would only cost time. */
const REDRAW_MS = 100;
const ERASE = '\r\u001b[K';

export function openProgress(stream: ProgressStream, label: string, total: number) {
  const begun = stream.now();
  let drawnAt = Number.NEGATIVE_INFINITY;
  let finished = 0;
  return {
    /** `count` more are finished. */
    step(count: number): void {
      finished += count;
      const now = stream.now();
      if (!stream.isTTY || now - drawnAt < REDRAW_MS) return;
      drawnAt = now;
      // One column stays free: text in the last column would wrap, and the next redraw would start a row too low.
      stream.write(ERASE + fit(progressLine(printable(label), finished, total, now - begun), stream.columns - 1));
    },
    /** Erases the line; call it in `finally`. */
    done: () => (stream.isTTY ? stream.write(ERASE) : undefined),
  };
}

/** Example: `Resetting  1,234 of 5,000  24 %  812/s  5 s left`; no rate before the first second. */
export function progressLine(label: string, finished: number, total: number, elapsedMs: number): string {
  const parts = [label, `${grouped(finished)} of ${grouped(total)}`];
  if (total > 0) parts.push(`${Math.floor((100 * finished) / total)} %`);
  if (elapsedMs >= 1000 && finished > 0) {
    parts.push(`${grouped(Math.round((1000 * finished) / elapsedMs))}/s`);
    parts.push(`${duration(((total - finished) * elapsedMs) / finished)} left`);
  }
  return parts.join('  ');
}

const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');

function duration(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
