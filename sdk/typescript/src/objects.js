// pyro as an object, and workspaces, shells and services over its calls. objects.d.ts has the types.

import { Calls } from './calls.js';
import { CommandError } from './errors.js';
import { camelCased, snakeCased } from './names.js';
import { Transport } from './transport.js';
import { READS_INPUT } from './version.js';

/** The output of a command as it comes; `result` is there when it is over. Leaving it early ends the command. */
export class OutputStream {
  #call;
  #wanted;

  constructor(call, wanted = 'output') {
    this.#call = call;
    this.#wanted = wanted;
  }

  get result() {
    return this.#call.result && camelCased(this.#call.result);
  }

  async *[Symbol.asyncIterator]() {
    try {
      for await (const { event, stream, text, entry } of this.#call)
        if (event === this.#wanted) yield event === 'entry' ? camelCased(entry) : { stream, text };
    } finally {
      this.#call.close();
    }
  }

  close() {
    this.#call.close();
  }
}

export class Pyro extends Calls {
  #transport;

  constructor({ program, cwd, env } = {}) {
    super();
    this.#transport = new Transport({ program, cwd, env });
  }

  #open(call, { abortSignal, onEvent, ...args }, events) {
    abortSignal?.throwIfAborted();
    const message = { call, events };
    if (READS_INPUT.has(call)) ({ input: message.input, ...args } = args);
    return this.#transport.open({ ...message, arguments: snakeCased(args) });
  }

  /** Any command by its name. */
  async call(call, args = {}) {
    const { abortSignal, onEvent } = args;
    const underWay = this.#open(call, args, onEvent !== undefined);
    const abort = () => underWay.close();
    abortSignal?.addEventListener('abort', abort, { once: true });
    try {
      for await (const event of underWay) onEvent?.(event);
    } finally {
      abortSignal?.removeEventListener('abort', abort);
    }
    abortSignal?.throwIfAborted();
    return camelCased(underWay.result);
  }

  /** A command whose output comes while it runs: exec, run, logs with follow. */
  stream(call, args = {}, wanted = 'output') {
    const underWay = this.#open(call, args, true);
    args.abortSignal?.addEventListener('abort', () => underWay.close(), { once: true });
    return new OutputStream(underWay, wanted);
  }

  async workspace(environment, options) {
    const { workspaceId } = await this.createWorkspace(environment, options);
    return new Workspace(this, workspaceId);
  }

  existingWorkspace(workspaceId) {
    return new Workspace(this, workspaceId, { keep: true });
  }

  async close() {
    await this.#transport.close();
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }
}

export class Workspace {
  #keep;

  constructor(pyro, id, { keep = false } = {}) {
    this.pyro = pyro;
    this.id = id;
    this.#keep = keep;
  }

  async delete() {
    this.#keep = true;
    await this.pyro.deleteWorkspace(this.id);
  }

  async [Symbol.asyncDispose]() {
    if (!this.#keep) await this.delete();
  }

  status() {
    return this.pyro.statusWorkspace(this.id);
  }

  async exec(command, { check = false, onOutput, ...options } = {}) {
    if (onOutput) options.onEvent = ({ event, stream, text }) => event === 'output' && onOutput({ stream, text });
    const result = await this.pyro.execWorkspace(this.id, command, options);
    if (check && result.exitCode !== 0) throw new CommandError(result);
    return result;
  }

  execStream(command, options) {
    return this.pyro.stream('workspace exec', { workspaceId: this.id, command, ...options });
  }

  logs(options) {
    return this.pyro.logsWorkspace(this.id, options);
  }

  followLogs(options) {
    return this.pyro.stream('workspace logs', { workspaceId: this.id, follow: true, ...options }, 'entry');
  }

  summary() {
    return this.pyro.summarizeWorkspace(this.id);
  }

  async openShell(options) {
    const { shellId } = await this.pyro.openShell(this.id, options);
    return new Shell(this, shellId);
  }

  shell(shellId) {
    return new Shell(this, shellId, { keep: true });
  }

  async startService(serviceName, command, options) {
    await this.pyro.startService(this.id, serviceName, command, options);
    return new Service(this, serviceName);
  }

  service(serviceName) {
    return new Service(this, serviceName);
  }

  async readFile(path, options) {
    return (await this.pyro.readWorkspaceFile(this.id, path, options)).content;
  }

  async writeFile(path, text) {
    await this.pyro.writeWorkspaceFile(this.id, path, { text });
  }

  async listFiles(path, options) {
    return (await this.pyro.listWorkspaceFiles(this.id, { path, ...options })).entries;
  }

  diff(options) {
    return this.pyro.diffWorkspace(this.id, options);
  }

  push(source, options) {
    return this.pyro.pushWorkspaceSync(this.id, source, options);
  }

  export(path, output) {
    return this.pyro.exportWorkspace(this.id, path, output);
  }

  snapshot(name) {
    return this.pyro.createSnapshot(this.id, name);
  }

  reset(snapshot) {
    return this.pyro.resetWorkspace(this.id, { snapshot });
  }

  stop() {
    return this.pyro.stopWorkspace(this.id);
  }

  start() {
    return this.pyro.startWorkspace(this.id);
  }
}

/** A shell; reading goes on where the last read ended: `cursor`. */
export class Shell {
  #keep;

  constructor(workspace, id, { cursor = 0, keep = false } = {}) {
    this.workspace = workspace;
    this.id = id;
    this.cursor = cursor;
    this.#keep = keep;
  }

  async close() {
    this.#keep = true;
    await this.workspace.pyro.closeShell(this.workspace.id, this.id);
  }

  async [Symbol.asyncDispose]() {
    if (!this.#keep) await this.close();
  }

  async write(input, options) {
    await this.workspace.pyro.writeShell(this.workspace.id, this.id, input, options);
  }

  async read({ plain = true, ...options } = {}) {
    const args = { cursor: this.cursor, plain, ...options };
    const shown = await this.workspace.pyro.readShell(this.workspace.id, this.id, args);
    this.cursor = shown.nextCursor;
    return shown;
  }

  async run(input, options) {
    await this.write(input);
    return (await this.read({ waitForPrompt: true, ...options })).output;
  }

  async signal(signal = 'INT') {
    await this.workspace.pyro.signalShell(this.workspace.id, this.id, { signal });
  }

  async resize(cols, rows) {
    await this.workspace.pyro.resizeShell(this.workspace.id, this.id, { cols, rows });
  }
}

export class Service {
  constructor(workspace, name) {
    this.workspace = workspace;
    this.name = name;
  }

  status() {
    return this.workspace.pyro.statusService(this.workspace.id, this.name);
  }

  logs(options) {
    return this.workspace.pyro.logsService(this.workspace.id, this.name, options);
  }

  followLogs(options) {
    const args = { workspaceId: this.workspace.id, serviceName: this.name, follow: true, ...options };
    return this.workspace.pyro.stream('workspace service logs', args);
  }

  stop() {
    return this.workspace.pyro.stopService(this.workspace.id, this.name);
  }
}
