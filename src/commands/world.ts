/** What main hands to the program: streams and the few doors to the outside, before any command is known. */
import type { GlobalOptions } from '../config.js';
import type { Style } from '../terminal/style.js';
import type { Command, Context } from './command.js';
import type { TopicFiles } from './typing/help-topics.js';

export interface OutStream {
  readonly isTTY: boolean;
  readonly columns: number;
  /** Resolves when the text was taken; a closed pipe is no error. */
  write(text: string): Promise<void>;
}

export interface World {
  readonly version: string;
  readonly topics: TopicFiles;
  readonly stdout: OutStream;
  readonly stderr: OutStream;
  /** Style of a stream under the options given. */
  style(stream: 'stdout' | 'stderr', options: GlobalOptions): Style;
  canAsk(options: GlobalOptions): boolean;
  context(options: GlobalOptions): Promise<Context>;
  /** The one place where B71 is enforced; a denial is logged. */
  authorise(spec: Command, options: GlobalOptions): Promise<void>;
  /** Of this machine, ms: how long a wait still is. */
  now(): number;
  /** A short id under which a bug can be found again. */
  reference(): string;
  close(): Promise<void>;
}
