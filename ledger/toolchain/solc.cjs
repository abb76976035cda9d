// solc's command line, as far as py-solc-x and forge use it, in front of the compiler from npm:
// `--version`, and `--standard-json` from stdin. Usage: node solc.cjs NODE_MODULES ARGUMENTS...
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const [modules, ...options] = process.argv.slice(2);
const solc = require(path.resolve(modules, "solc"));

if (options.includes("--version")) {
  console.log("solc, the solidity compiler commandline interface");
  console.log(`Version: ${solc.version()}`);
} else if (options.includes("--standard-json")) {
  // The input carries every source, so the compiler may read no file by itself.
  process.stdout.write(solc.compile(fs.readFileSync(0, "utf8")));
} else {
  console.error("solc: only --version and --standard-json are supported");
  process.exitCode = 1;
}
