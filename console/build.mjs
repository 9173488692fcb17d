// Installs, builds and tests the console for Maven: `node build.mjs build|test`. What is up to date is left alone, so that a build
// of the whole house costs nothing here while nothing here has changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const home = dirname(fileURLToPath(import.meta.url));
const installed = join(home, 'node_modules', '.installed');
const built = join(home, 'target', 'console.sha256');
const output = join(home, 'target', 'classes', 'console', 'index.html');

function files(path) {
  const entries = readdirSync(join(home, path), { withFileTypes: true });
  return entries
    .flatMap((entry) => (entry.isDirectory() ? files(join(path, entry.name)) : [join(path, entry.name)]))
    .sort();
}

function fingerprint(paths) {
  const hash = createHash('sha256').update(process.version + process.platform + process.arch);
  for (const path of paths) hash.update('\0' + path + '\0').update(readFileSync(join(home, path)));
  return hash.digest('hex');
}

const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

function run(command, ...args) {
  const done = spawnSync(command, args, { cwd: home, stdio: 'inherit', shell: process.platform === 'win32' });
  if (done.error) {
    console.error(`console: ${command} cannot be run (${done.error.message}); the console needs node >= 20.19 and npm >= 10`);
    process.exit(1);
  }
  if (done.status !== 0) process.exit(done.status ?? 1);
}

function install() {
  const wanted = fingerprint(['package-lock.json', '.npmrc']);
  if (read(installed) === wanted) return;
  run('npm', 'ci', '--loglevel=error');
  writeFileSync(installed, wanted);
}

function build() {
  const inputs = ['package.json', 'package-lock.json', 'index.html', 'vite.config.ts', 'svelte.config.js', 'tsconfig.json'];
  const wanted = fingerprint([...inputs, ...files('src'), ...files('public')]);
  if (read(built) === wanted && existsSync(output)) {
    console.log('console: up to date');
    return;
  }
  install();
  run('npm', 'run', '--silent', 'build', '--', '--logLevel', 'warn');
  mkdirSync(dirname(built), { recursive: true });
  writeFileSync(built, wanted);
  console.log('console: built');
}

function test() {
  install();
  run('npm', 'run', '--silent', 'check');
  run('npm', 'run', '--silent', 'test');
}

const steps = { build, test };
const step = steps[process.argv[2]];
if (!step) {
  console.error('usage: node build.mjs build|test');
  process.exit(2);
}
step();
