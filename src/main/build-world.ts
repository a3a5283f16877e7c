/**
 * Builds the World of one run: settings, desk, prompts, files and sessions. Each is opened on first use, so that a command opens only what
 * it needs. Part of main's room.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOGUE } from '../commands/catalogue.js';
import type { Context } from '../commands/command.js';
import type { Tongue } from '../commands/ports.js';
import { reportResult } from '../commands/report-outcome.js';
import type { World } from '../commands/world.js';
import type { GlobalOptions, Settings } from '../config.js';
import type { Custody } from '../opening/open-custody.js';
import { readSettings } from '../opening/read-settings.js';
import { canAsk, progressOf, promptsOf, type Run, type Surroundings, screenOf, styleOf } from './ask-and-show.js';
import { buildHouse } from './build-house.js';
import { openFiles, openSessions } from './files.js';
import { admit, outsideOf, pathRules } from './machine.js';
import { openMessages, openTopics } from './topic-files.js';

export function buildWorld(around: Surroundings): World {
  const run = beginRun(around);
  const speak = (options: GlobalOptions) =>
    run.settings(options).then(
      () => undefined,
      () => undefined,
    );
  return {
    version: run.version,
    topics: openTopics(run.dataFolder),
    stdout: around.stdout,
    stderr: around.stderr,
    style: (stream, options) => styleOf(run, stream, options),
    canAsk: (options) => canAsk(around, options),
    context: async (options, spec) => {
      run.opened.anyPolicy = spec.anyPolicy === true;
      await admit(spec, options, { ...around, settings: () => run.settings(options) });
      return contextOf(run, options);
    },
    authorise: async (spec, options) => {
      if (spec.access === 'anyone') return speak(options);
      const { authenticateOperator } = await import('../procedures/operators/authenticate-operator.js');
      const { token, file } = await run.settings(options);
      run.opened.signed = await authenticateOperator(await run.desk(options), {
        token: token ?? (await sessionsOf(run, options).read('operator', 'desk')),
        via: token === undefined ? 'session' : 'token',
        access: spec.access,
        command: spec.path,
      });
      if (!options.json) run.tongue.language = run.opened.signed.operator.language ?? file.language ?? 'en';
    },
    tongue: run.tongue,
    speak,
    reference: () => around.now().toString(36),
    close: async () => {
      const desk = await run.opened.desk?.catch(() => undefined);
      await run.opened.following?.stop();
      await desk?.store.close();
    },
  };
}

function beginRun(around: Surroundings): Run {
  const opened: Run['opened'] = {};
  const dataFolder = join(around.root, 'data');
  let settings: Promise<Settings> | undefined;
  const tongue: Tongue = { language: 'en', read: openMessages(dataFolder), now: around.now };
  const wordsIn = async (language: string) =>
    (await import('../commands/wording/words.js')).wordsOf({ tongue: { ...tongue, language } });
  const readOnce = (options: GlobalOptions) => {
    settings ??= readSettings(options, outsideOf(around.env, around.machine)).then(async (read) => {
      const { language = 'en', deskName } = read.file;
      // Scripts read English, whoever runs them.
      tongue.language = options.json ? 'en' : language;
      if (deskName !== undefined || language === 'en') return read;
      return { ...read, deskName: (await wordsIn(language)).known(read.deskName) };
    });
    return settings;
  };
  let custody: Promise<Custody> | undefined;
  const custodyOnce = (options: GlobalOptions) => {
    custody ??= (async () => {
      const { openCustody } = await import('../opening/open-custody.js');
      return openCustody({
        settings: await readOnce(options),
        dataFolder,
        now: around.now,
        clockAsGiven: around.clockAsGiven === true,
      });
    })();
    return custody;
  };
  const openOnce = (options: GlobalOptions) => {
    opened.desk ??= (async () => {
      const { openDesk } = await import('../opening/open-desk.js');
      const unaccepted = opened.anyPolicy === true ? 'shipped policy' : 'refuse';
      const desk = await openDesk(await custodyOnce(options), { unaccepted });
      const { readOnly } = desk.store;
      const warn = async (text: string) => {
        if (options.quiet) return;
        await around.stderr.write(`${(await wordsIn(tongue.language)).known(`warning: ${text}`)}\n`);
      };
      if (readOnly !== undefined) await warn(readOnly.message);
      if (!desk.pin.accepted)
        await warn('the desk has not accepted the policy in force (see: countersign policy accept)');
      if (desk.sink !== null) opened.following = (await import('../opening/open-sink.js')).followLog(desk, warn);
      return desk;
    })();
    return opened.desk;
  };
  return {
    around,
    version: packageVersion(around.root),
    dataFolder,
    tongue,
    settings: readOnce,
    custody: custodyOnce,
    desk: openOnce,
    opened,
  };
}

function contextOf(run: Run, options: GlobalOptions): Context {
  const { around } = run;
  return {
    options,
    settings: () => run.settings(options),
    desk: () => run.desk(options),
    operator: () => {
      if (run.opened.signed === undefined)
        throw new Error('the command asked for an operator without saying so in `access`');
      return run.opened.signed;
    },
    ask: {
      possible: canAsk(around, options),
      prompts: (option) => promptsOf(run, options, option),
      screen: (plain) => screenOf(run, options, plain),
    },
    files: openFiles(
      around.stdin,
      around.signal,
      pathRules(around, () => run.settings(options)),
    ),
    sessions: sessionsOf(run, options),
    write: (text) => around.stdout.write(text),
    print: async (result) =>
      void (await reportResult({ stdout: around.stdout, style: (...of) => styleOf(run, ...of) }, options, result)),
    row: async (value) => {
      if (!options.json) return;
      const { printableJson } = await import('../terminal/printable.js');
      await around.stdout.write(`${printableJson(value)}\n`);
    },
    notice: (text) => {
      if (!options.quiet) void around.stderr.write(`${text}\n`);
    },
    show: async (view) => {
      const { renderView } = await import('../terminal/render.js');
      const style = styleOf(run, 'stderr', options);
      await around.stderr.write(renderView(view, style, { plain: options.plain || undefined }));
    },
    style: styleOf(run, 'stdout', options),
    tongue: run.tongue,
    progress: (label, total) => progressOf(around, options, label, total),
    house: buildHouse(run, { options, progress: (total) => progressOf(around, options, 'Changing the key', total) }),
    signal: around.signal,
    catalogue: CATALOGUE,
    topics: openTopics(run.dataFolder),
  };
}

const NOBODY = { id: undefined, why: 'the settings do not say' };

function sessionsOf(run: Run, options: GlobalOptions) {
  return openSessions(async () => {
    const { folders, store, person = NOBODY } = await run.settings(options);
    return { folder: join(folders.state, 'sessions'), store, person };
  });
}

function packageVersion(root: string): string {
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
