// The package on real workspaces: the program is $PYRO, the environment debian:12-base.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';

import { CommandError, Pyro, PyroEndedError, PyroNotFoundError } from '../src/index.js';

const pyro = new Pyro();
let ws;

before(async () => {
  ws = await pyro.workspace('debian:12-base', { label: { a_task: 'a_b' } });
});

after(async () => {
  await ws.delete();
  await pyro.close();
});

test('names are in camelCase, but those that users gave', async () => {
  const status = await ws.status();
  assert.equal(status.state, 'started');
  assert.deepEqual(status.labels, { a_task: 'a_b' });
  assert.equal(status.workspaceSeed.entryCount, 0);
});

test('exec', async () => {
  const seen = [];
  const command = ['sh', '-c', 'cat; echo "$A_B" >&2; exit 3'];
  const result = await ws.exec(command, { input: 'in\n', env: { A_B: 'é' }, onOutput: (o) => seen.push(o) });
  assert.deepEqual([result.exitCode, result.stdout, result.stderr], [3, 'in\n', 'é\n']);
  assert.equal(seen.length, 2);
  await assert.rejects(ws.exec(command, { check: true }), CommandError);
  await assert.rejects(pyro.statusWorkspace('nothing-such'), { code: 'workspace_not_found' });
});

test('a stream comes while the command runs', async () => {
  const outputs = ws.execStream(['sh', '-c', 'echo first; until [ -e go ]; do sleep 0.1; done; echo last']);
  for await (const { text } of outputs) if (text === 'first\n') await ws.writeFile('go', '');
  assert.equal(outputs.result.stdout, 'first\nlast\n');
});

test('leaving a stream, and a signal, end the command', async () => {
  const isGone = async (pid) => (await ws.exec(['test', '-e', `/proc/${pid}`])).exitCode === 1;
  let pid;
  for await (const { text } of ws.execStream(['sh', '-c', 'echo $$; exec sleep 4721'])) {
    pid = text.trim();
    break;
  }
  while (!(await isGone(pid)));
  const controller = new AbortController();
  const onOutput = ({ text }) => {
    pid = text.trim();
    controller.abort(new Error('enough'));
  };
  const command = ['sh', '-c', 'echo $$; exec sleep 4722'];
  await assert.rejects(ws.exec(command, { onOutput, abortSignal: controller.signal }), { message: 'enough' });
  while (!(await isGone(pid)));
});

test('the history is followed', async () => {
  await ws.exec(['echo', 'before']);
  const seen = [];
  for await (const { stdout } of ws.followLogs({ tailLines: 1 })) {
    if (seen.push(stdout) === 2) break;
    await ws.exec(['echo', 'after']);
  }
  assert.deepEqual(seen, ['before\n', 'after\n']);
  assert.equal((await ws.summary()).commands[0].command, 'echo after');
});

test('shell', async () => {
  const shell = await ws.openShell({ cols: 100, rows: 30 });
  assert.match(await shell.run('echo $((6 * 7))'), /\n42\n/);
  assert.match((await ws.shell(shell.id).read()).output, /\n42\n/);
  await shell.close();
});

test('service', async () => {
  const service = await ws.startService('drip', ['sh', '-c', 'echo drop; exec sleep 4723']);
  for await (const { text } of service.followLogs()) {
    assert.equal(text, 'drop\n');
    break;
  }
  assert.equal((await service.stop()).state, 'stopped');
});

test('a killed program is started again', async () => {
  const other = new Pyro();
  const running = () => execFileSync('pgrep', ['-P', process.pid, '-f', 'api --stdio'], { encoding: 'utf8' }).split('\n');
  const ours = running();
  await other.listWorkspaces();
  const pid = Number(running().find((p) => !ours.includes(p)));
  await assert.rejects(async () => {
    const args = { workspaceId: ws.id, command: ['sh', '-c', 'echo; exec sleep 4724'] };
    for await (const _ of other.stream('workspace exec', args)) process.kill(pid, 'SIGKILL');
  }, PyroEndedError);
  assert.equal((await other.existingWorkspace(ws.id).status()).state, 'started');
  await other.close();
  await assert.rejects(new Pyro({ program: '/no/pyro' }).doctor(), PyroNotFoundError);
});
