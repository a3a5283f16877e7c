/** What main gives to the program before any command is known: streams and the few ways to reach the outside. */
import type { GlobalOptions } from '../config.js';
import type { Style } from '../terminal/style.js';
import type { Command, Context } from './command.js';
import type { Tongue } from './ports.js';
import type { TopicFiles } from './typing/help-topics.js';

export interface OutStream {
  readonly isTTY: boolean;
  readonly columns: number;
  /** Resolves when the stream has taken the text; a closed pipe is not an error. */
  write(text: string): Promise<void>;
}

export interface World {
  readonly version: string;
  readonly topics: TopicFiles;
  readonly stdout: OutStream;
  readonly stderr: OutStream;
  /** Style of a stream with these options. */
  style(stream: 'stdout' | 'stderr', options: GlobalOptions): Style;
  canAsk(options: GlobalOptions): boolean;
  /** Refuses first what locked mode refuses. */
  context(options: GlobalOptions, spec: Command): Promise<Context>;
  /** The one place where B71 is enforced; a denial is logged. */
  authorise(spec: Command, options: GlobalOptions): Promise<void>;
  readonly tongue: Tongue;
  /** Finds out the language of the desk, if nothing has yet. Never fails. */
  speak(options: GlobalOptions): Promise<void>;
  /** A short id under which a bug can be found again. */
  reference(): string;
  close(): Promise<void>;
}
