#!/usr/bin/env node
/*
 * The executable: refuses a Node that is too old, then passes argv to the built main and its exit status to the shell.
 * CommonJS in the oldest syntax (see package.json beside it), so that an old Node can show the refusal, and because an
 * ES module as entry costs a tenth of the start-up time.
 */
'use strict';

// Before anything else: without a listener SIGUSR1 opens Node's debugger, which can read every secret in memory (T10).
process.on('SIGUSR1', function () {});
// One that came while Node started may have opened it already, or is about to. Whoever starts Node with --inspect wants it.
function closeDebugger() {
  // Loading Node's own module takes longer than all else here; its inside says at no cost whether there is anything to close.
  var inside = process.binding('inspector');
  if (!inside || inside.url() !== undefined) require('inspector').close();
}
// Node opens it on a thread of its own, some time after the signal; on a busy machine that is after any time that could be fixed here.
function keepClosed(ms) {
  closeDebugger();
  setTimeout(keepClosed, ms, Math.min(2 * ms, 1000)).unref();
}
if (!/--inspect/.test(process.execArgv.join(' '))) keepClosed(1);
// What a library means to change one day is for us to read, and not for whoever runs a command.
process.noDeprecation = !/--trace-deprecation/.test(process.execArgv.join(' '));
// A run that ends before main returns has failed. Without this, a prompt at the end of input would exit with 0.
process.exitCode = 1;

var path = require('path');
var root = path.dirname(__dirname);
var version = process.versions.node.split('.').map(Number);

function end(code, message) {
  process.exitCode = code;
  if (message) process.stderr.write('countersign: ' + message + '\n');
}

// An update takes away the files of a console that runs all day, and of a chunk that is loaded only when it is needed.
function isReplaced(error) {
  return Boolean(error) && error.code === 'ENOENT' && path.dirname(String(error.path)) === path.join(root, 'dist');
}

if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  end(2, 'needs Node 20.19 or newer; this is ' + process.version + '.');
} else {
  var main = require('./load.js')(path.join(root, 'dist'));
  if (main === undefined) {
    end(7, 'is not built yet. Run: node "' + path.join(root, 'bin', 'ensure.mjs') + '"');
  } else {
    main.main({ argv: process.argv.slice(2), root: root }).then(
      function (code) {
        end(code);
      },
      function (error) {
        if (isReplaced(error)) {
          end(7, 'was replaced by another version while it ran. Start it again; the log says what was done.');
        } else {
          end(1, 'stopped because of a bug: ' + (error && error.message));
        }
      },
    );
  }
}
