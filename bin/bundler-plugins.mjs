/** Plugins of the bundler, for packages that start so slowly that every command pays for it. */

/**
 * Bundles the SQLite driver except its compiled file, which is where driver.mjs puts it. The driver's own search for that file costs every
 * command that opens a desk a tenth of the start-up time of Node.
 */
const sqliteDriver = {
  name: 'sqlite-driver',
  setup(bundler) {
    const compiled = 'better-sqlite3/build/Release/better_sqlite3.node';
    bundler.onResolve({ filter: /^bindings$/ }, () => ({ path: compiled, namespace: 'sqlite-driver' }));
    bundler.onLoad({ filter: /./, namespace: 'sqlite-driver' }, () => ({
      contents: `module.exports = () => require(${JSON.stringify(compiled)});`,
    }));
    bundler.onResolve({ filter: /\.node$/, namespace: 'sqlite-driver' }, () => ({ path: compiled, external: true }));
  },
};

/** Chalk detects colours when it is loaded. terminal/style.ts always sets the level, so the detection is left out. */
const chalkWithoutGuess = {
  name: 'chalk-without-guess',
  setup(bundler) {
    bundler.onResolve({ filter: /^#supports-color$/ }, ({ path }) => ({ path, namespace: 'chalk-without-guess' }));
    bundler.onLoad({ filter: /./, namespace: 'chalk-without-guess' }, () => ({
      contents: 'export default { stdout: false, stderr: false };',
    }));
  },
};

/**
 * Commander loads two Node modules at once: node:process, which opens all three streams when it is imported by name, and
 * node:child_process, which commands do not need.
 */
const commanderWithoutStreams = {
  name: 'commander-without-streams',
  setup(bundler) {
    const contents = {
      'node:process': 'module.exports = process;',
      'node:child_process': "exports.spawn = (...given) => require('child_process').spawn(...given);",
    };
    bundler.onResolve({ filter: /^node:(process|child_process)$/ }, ({ path, importer }) =>
      /node_modules[\\/]commander[\\/]/.test(importer) ? { path, namespace: 'commander' } : undefined,
    );
    bundler.onLoad({ filter: /./, namespace: 'commander' }, ({ path }) => ({ contents: contents[path] }));
  },
};

export const plugins = [sqliteDriver, chalkWithoutGuess, commanderWithoutStreams];
