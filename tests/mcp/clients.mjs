// tests/mcp/clients.mjs KIND: `pyro mcp serve` on a real machine, as a client that others have written sees it. KIND is
// sdk (@modelcontextprotocol/sdk) or how @modelcontextprotocol/client negotiates: legacy, auto or modern. Both compare each
// structured result with the tool's outputSchema, and throw when it does not fit. Prints a line for each check.
import * as sdk from '@modelcontextprotocol/sdk/client/index.js';
import * as sdkStdio from '@modelcontextprotocol/sdk/client/stdio.js';
import * as client from '@modelcontextprotocol/client';
import * as clientStdio from '@modelcontextprotocol/client/stdio';

const kind = process.argv[2];
const MODES = { legacy: 'legacy', auto: 'auto', modern: { pin: '2026-07-28' } };
const PATIENCE = { timeout: 600000 };

function check(what, good, ...said) {
  console.log(`${good ? 'ok' : 'FAILED'} ${kind}: ${what}`);
  if (!good && said.length) console.log(`    ${JSON.stringify(said)}`);
}
const same = (what, got, wanted) => check(what, JSON.stringify(got) === JSON.stringify(wanted), got, wanted);

// One of either library, connected: { client, call(NAME, ARGUMENTS, OPTIONS) }.
async function connect() {
  const who = [{ name: 'pyro-check', version: '1' }, {}];
  const library = kind === 'sdk' ? sdk : client;
  if (kind !== 'sdk') who[1].versionNegotiation = { mode: MODES[kind] };
  const it = new library.Client(...who);
  const { StdioClientTransport } = kind === 'sdk' ? sdkStdio : clientStdio;
  await it.connect(new StdioClientTransport({ command: process.env.PYRO, args: ['mcp', 'serve'], env: process.env }));
  const send = (params, options) => (kind === 'sdk' ? it.callTool(params, undefined, options) : it.callTool(params, options));
  return { client: it, call: (name, args = {}, options = {}) => send({ name, arguments: args }, { ...PATIENCE, ...options }) };
}

const text = (result) => result.content.map((block) => block.text).join('');
const { client: it, call } = await connect();
const called = new Set();

// A call that succeeds: its structured form. What is short in it is in its text too.
async function given(name, args, options) {
  const result = await call(name, args, options);
  called.add(name);
  check(`${name} succeeds`, !result.isError && result.structuredContent, result);
  const missing = Object.entries(result.structuredContent ?? {}).filter(
    ([member, value]) => ['number', 'boolean'].includes(typeof value) && !text(result).includes(`${member}=${value}`));
  same(`${name}: both forms say the same`, missing, []);
  return result.structuredContent ?? {};
}

async function files(workspace_id) {
  same('file_write', (await given('workspace_file_write', { workspace_id, path: 'a.txt', text: 'one\n' })).bytes_written, 4);
  same('file_read', (await given('workspace_file_read', { workspace_id, path: 'a.txt' })).content, 'one\n');
  const patch = '--- a/a.txt\n+++ b/a.txt\n@@ -1 +1,2 @@\n one\n+two\n';
  same('patch_apply', (await given('workspace_patch_apply', { workspace_id, patch })).changed, true);
  const { entries } = await given('workspace_file_list', { workspace_id });
  same('file_list', entries.map((entry) => entry.path), ['/workspace/a.txt']);
  check('diff', (await given('workspace_diff', { workspace_id })).patch.includes('+two\n'));
}

async function commands(workspace_id) {
  const ran = await given('workspace_exec', { workspace_id, command: ['sh', '-c', 'echo out; exit 3'] });
  same('exec', [ran.stdout, ran.exit_code], ['out\n', 3]);
  const begun = await given('workspace_exec', { workspace_id, command: ['sleep', '4733'], timeout_seconds: 0, max_wait_ms: 1 });
  const { sequence } = begun;
  same('exec: it goes on', begun.state, 'running');
  same('command_read', (await given('workspace_command_read', { workspace_id, sequence, max_wait_ms: 1 })).state, 'running');
  same('command_kill', (await given('workspace_command_kill', { workspace_id, sequence })).state, 'ended');
  same('summary', (await given('workspace_summary', { workspace_id })).running_count, 0);
  const { stdout } = await given('vm_run', { environment: 'debian:12', command: ['echo', 'alone'] }, { onprogress: () => {} });
  same('vm_run', stdout, 'alone\n');
}

async function shell(workspace_id) {
  const { shell_id } = await given('shell_open', { workspace_id });
  await given('shell_write', { workspace_id, shell_id, input: 'echo $((6 * 7))' });
  const read = await given('shell_read', { workspace_id, shell_id, plain: true, wait_for_idle_ms: 300 });
  check('shell_read', read.output.includes('\n42\n') && !read.output.includes('\x1b'), read.output);
  same('shell_signal', (await given('shell_signal', { workspace_id, shell_id })).state, 'running');
}

// A command that ends when a file appears, which a second call makes once there was progress.
async function progress(workspace_id) {
  const seen = [];
  const ran = await given('workspace_exec', { workspace_id, command: ['sh', '-c', 'until [ -e /tmp/go ]; do sleep 0.1; done'] }, {
    onprogress: (what) => {
      if (seen.push(what) === 1) call('workspace_exec', { workspace_id, command: ['touch', '/tmp/go'] });
    },
  });
  same('progress', [ran.exit_code, seen.length > 0, typeof seen[0]?.message], [0, true, 'string']);
}

async function cancellation(workspace_id) {
  const sleepers = async () => {
    const command = ['sh', '-c', 'cat /proc/[0-9]*/comm | grep -cx sleep'];
    return (await call('workspace_exec', { workspace_id, command })).structuredContent.stdout;
  };
  const stop = new AbortController();
  const slow = call('workspace_exec', { workspace_id, command: ['sleep', '4732'] }, { signal: stop.signal }).then(
    () => 'answered', () => 'cancelled');
  while (await sleepers() === '0\n');
  stop.abort('enough');
  same('a call that is cancelled', await slow, 'cancelled');
  while (await sleepers() !== '0\n');
  check('what it ran has ended', true);
}

async function refusals() {
  const failed = await call('workspace_exec', { workspace_id: 'none', command: ['true'] });
  same('a tool that fails', [failed.isError, text(failed).startsWith('workspace_not_found: ')], [true, true]);
  const wrong = await call('workspace_exec', { workspace_id: 'none', command: 'true' });
  same('arguments that do not fit', wrong.isError, true);
  const unknown = await call('nothing').catch((error) => error);
  check('an unknown tool', unknown instanceof Error, unknown);
}

same('who it is', it.getServerVersion().name, 'pyro');
check('its instructions', it.getInstructions().includes('workspace_create'));
if (kind !== 'sdk') same('its era', it.getNegotiatedProtocolVersion(), kind === 'legacy' ? '2025-11-25' : '2026-07-28');
const names = (await it.listTools()).tools.map((tool) => tool.name);
const { workspace_id } = await given('workspace_create', { environment: 'debian:12' });
same('list', (await given('workspace_list')).workspaces.map((entry) => entry.workspace_id), [workspace_id]);
for (const part of [files, commands, shell, progress, cancellation, refusals]) await part(workspace_id);
same('reset', (await given('workspace_reset', { workspace_id })).state, 'started');
same('delete', (await given('workspace_delete', { workspace_id })).deleted, true);
same('every tool was called', names.filter((name) => !called.has(name)), []);
await it.close();
