// tests/agents/run.mjs AGENT: connects an agent as `pyro host connect` does, runs it with a model that follows a script, and
// compares what the model is shown. It all happens in $TEST_DIR/AGENT. Prints a line for each check.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { startModel } from './model.mjs';

const agent = process.argv[2];
const dir = `${process.env.TEST_DIR}/${agent}`;
const modules = new URL('node_modules/', import.meta.url).pathname;
const TOOL_MS = 900000; // what hangs ends; nothing else takes so long
const TASK = 'Do what is to be done';

function check(what, good, ...said) {
  console.log(`${good ? 'ok' : 'FAILED'} ${agent}: ${what}`);
  if (!good && said.length) console.log(`    ${JSON.stringify(said).slice(0, 4000)}`);
}
const same = (what, got, wanted) => check(what, JSON.stringify(got) === JSON.stringify(wanted), got, wanted);

// ---- the agents: how each gets at the model, is started, and what it makes of a result ----

const json = (shown) => JSON.parse(shown.slice(shown.indexOf('{')));
// What follows the line that says whose text it is.
const guestText = (shown) => shown.slice(shown.indexOf('output (text of the guest):\n') + 28);

const agents = {
  claude: {
    name: 'claude-code',
    program: '@anthropic-ai/claude-code-linux-x64/claude',
    files: () => ({}),
    args: ['-p', TASK, '--allowedTools', 'mcp__pyro'],
    env: (port) => ({
      ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}`, ANTHROPIC_API_KEY: 'none', DISABLE_AUTOUPDATER: '1',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_TELEMETRY: '1', MCP_TIMEOUT: `${TOOL_MS}`, MCP_TOOL_TIMEOUT: `${TOOL_MS}`,
    }),
    output: (shown) => json(shown).output,
  },
  codex: {
    program: '@openai/codex/bin/codex.js',
    files: (port) => ({
      '.codex/config.toml': `model = "scripted"
model_provider = "loopback"
check_for_update_on_startup = false
[analytics]
enabled = false
[model_providers.loopback]
name = "loopback"
base_url = "http://127.0.0.1:${port}/v1"
wire_api = "responses"
env_key = "LOOPBACK_KEY"
`,
    }),
    args: [
      ...['required=true', `startup_timeout_sec=${TOOL_MS / 1000}`, `tool_timeout_sec=${TOOL_MS / 1000}`].flatMap(
        (option) => ['-c', `mcp_servers.pyro.${option}`]),
      'exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', TASK,
    ],
    env: () => ({ LOOPBACK_KEY: 'none' }),
    output: (shown) => json(shown).output,
  },
  gemini: {
    program: '@google/gemini-cli/bundle/gemini.js',
    files: () => ({
      '.gemini/settings.json': JSON.stringify({
        security: { auth: { selectedType: 'gemini-api-key' } },
        privacy: { usageStatisticsEnabled: false },
        general: { enableAutoUpdate: false },
      }),
    }),
    args: ['-p', TASK, '--yolo', '-m', 'gemini-2.5-flash'],
    env: (port) => ({ GEMINI_API_KEY: 'none', GEMINI_CLI_TRUST_WORKSPACE: 'true', GOOGLE_GEMINI_BASE_URL: `http://127.0.0.1:${port}` }),
    output: (shown) => guestText(shown).replace(/\n?<\/untrusted_context>\s*$/, ''),
  },
  opencode: {
    program: 'opencode-linux-x64-baseline/bin/opencode',
    files: (port) => ({
      '.config/opencode/opencode.json': JSON.stringify({
        autoupdate: false,
        share: 'disabled',
        model: 'loopback/scripted',
        provider: {
          loopback: {
            npm: '@ai-sdk/openai-compatible', name: 'loopback', models: { scripted: { name: 'scripted' } },
            options: { baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'none' },
          },
        },
        experimental: { mcp_timeout: TOOL_MS },
      }),
    }),
    args: ['run', TASK],
    env: () => ({ OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_LSP_DOWNLOAD: '1' }),
    output: guestText,
  },
};

// ---- the script ----

const TYPED = "printf '\\033[31mred\\033[0m %s\\n' $((6 * 7)); printf '10%%\\r100%%\\n'";
const SHOWN = 'red 42\n100%\n';
const conversations = [];

// A text that an agent shows has its quotes escaped or not.
const handle = (calls, tool, name) => {
  const call = calls.find((one) => one.name.endsWith(tool) && one.shown);
  return call?.shown.match(new RegExp(`${name}\\\\?"?[=:] ?\\\\?"?([0-9a-z-]+)`))?.[1];
};
const isRead = (call) => call.name.endsWith('shell_read');
const ofPyro = (call) => /(vm_run|workspace_[a-z_]+|shell_[a-z]+)$/.test(call.name);

// What the model does after what it was shown so far. A read is repeated, with a longer wait, until the command is done: how
// long that takes is not known here.
function script({ calls: all }) {
  const calls = all.filter(ofPyro);
  const workspace_id = handle(calls, 'workspace_create', 'workspace_id');
  const shell_id = handle(calls, 'shell_open', 'shell_id');
  const reads = calls.filter(isRead);
  const isShown = reads.length && agents[agent].output(reads.at(-1).shown).includes(`\n${SHOWN}root@`);
  const steps = [
    { tool: 'workspace_exec', args: { workspace_id: 'none', command: ['true'] } },
    { tool: 'workspace_create', args: { environment: 'debian:12' } },
    { tool: 'workspace_exec', args: { workspace_id, command: ['sh', '-c', 'echo out; exit 3'] } },
    { tool: 'shell_open', args: { workspace_id } },
    { tool: 'shell_write', args: { workspace_id, shell_id, input: TYPED } },
  ];
  if (calls.length > 1 && !workspace_id) return undefined;
  if (calls.length < steps.length) return steps[calls.length];
  if (calls.at(-1).name.endsWith('workspace_delete')) return undefined;
  if (shell_id && !isShown && reads.length < 8)
    return { tool: 'shell_read', args: { workspace_id, shell_id, plain: true, wait_for_idle_ms: 300 + 3000 * reads.length } };
  return { tool: 'workspace_delete', args: { workspace_id } };
}

// An agent may have shown the names of the tools only, and give the rest when it is asked; or the server is still starting.
function next(conversation) {
  const step = script(conversation);
  conversations.push(conversation);
  if (!step || conversation.tools.some(([name]) => name.endsWith(step.tool))) return step;
  if (conversation.calls.length > 40) return undefined;
  const named = (name) => conversation.tools.some(([tool]) => tool === name);
  const wanted = process.env.TOOLS.split(' ').map((tool) => `mcp__pyro__${tool}`);
  if (conversation.prompt.includes(wanted[0]) && named('ToolSearch'))
    return { tool: 'ToolSearch', args: { query: `select:${wanted}`, max_results: wanted.length } };
  return named('WaitForMcpServers') ? { tool: 'WaitForMcpServers', args: {} } : undefined;
}

// ---- the run ----

// Its home, with the environments of the tests in its cache; and what it would fetch from elsewhere goes to a proxy that is
// not there.
function settle(port) {
  const { program, files, env } = agents[agent];
  for (const part of ['bin', 'work', '.cache']) fs.mkdirSync(`${dir}/${part}`, { recursive: true });
  fs.symlinkSync(`${modules}${program}`, `${dir}/bin/${agent}`);
  fs.symlinkSync(`${process.env.XDG_CACHE_HOME}/pyro`, `${dir}/.cache/pyro`);
  for (const [name, text] of Object.entries(files(port))) {
    const path = `${dir}/${name}`;
    fs.mkdirSync(path.slice(0, path.lastIndexOf('/')), { recursive: true });
    fs.writeFileSync(path, text);
  }
  const { PATH, TMPDIR, PYRO_CHECK_PATIENCE } = process.env;
  const own = { PATH: `${dir}/bin:${PATH}`, TMPDIR, PYRO_CHECK_PATIENCE, HOME: dir, LANG: 'C.UTF-8' };
  return { ...own, HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1', ...env(port) };
}

async function run(env, command, ...args) {
  const log = fs.openSync(`${dir}/log`, 'a');
  const child = spawn(command, args, { cwd: `${dir}/work`, stdio: ['ignore', log, log], env });
  return new Promise((resolve) => {
    child.on('close', resolve);
    child.on('error', resolve);
  });
}

const model = await startModel(next);
const env = settle(model.port);
const said = () => fs.readFileSync(`${dir}/log`, 'utf8').slice(-2000);
check('pyro connects it', (await run(env, process.env.PYRO, 'host', 'connect', agents[agent].name ?? agent)) === 0, said());
check('and finds that it answers', (await run(env, process.env.PYRO, 'host', 'doctor')) === 0, said());
const status = await run(env, agent, ...agents[agent].args);
model.close();
const last = conversations.sort((a, b) => a.calls.length - b.calls.length).at(-1);
const calls = last?.calls.filter(ofPyro) ?? [];
check('it ends well', status === 0, status, said());
check('the model is given the instructions', last?.prompt.includes('workspace_create once and keep its workspace_id'), last?.prompt.slice(0, 1000));
const known = `${JSON.stringify(last?.tools)}${last?.prompt}`;
same('and the tools', process.env.TOOLS.split(' ').filter((tool) => !known.includes(tool)), []);
check('a call that fails says what to do next', calls[0]?.shown?.includes("no workspace 'none'. Next: workspace_list"), calls[0]);
check('a workspace is made', calls[1]?.shown?.includes('started'), calls[1]);
check('a command has printed, and a status', /exit_code\\?"?[=:] ?3\b[^]*out/.test(calls[2]?.shown), calls[2]);
check('what a shell shows is clean', calls.filter(isRead).length, calls);
const id = handle(calls, 'workspace_create', 'workspace_id');
const output = agents[agent].output(calls.filter(isRead).at(-1)?.shown ?? '{}');
same('in the same words', output?.replaceAll(id, 'ID').trimEnd(), `root@ID:/workspace# ${TYPED}\n${SHOWN}root@ID:/workspace#`);
check('a workspace is deleted', /deleted\\?"?[=:] ?true/.test(calls.at(-1)?.shown), calls.at(-1));
