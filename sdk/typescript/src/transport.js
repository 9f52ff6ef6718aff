// `pyro api --stdio`: one process for many calls, one JSON object a line. docs/api.md describes it.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { PyroEndedError, PyroError, PyroNotFoundError, PyroVersionError } from './errors.js';
import { PROTOCOL, VERSION } from './version.js';

const MAX_WAITING = 100_000; // events of one call that nobody has taken yet
const MAX_SAID = 4096; // of standard error, kept for the reason of an end

/** A call under way: iterate over its events; `result` is there once they are over. Leaving it early cancels it. */
export class Call {
  #transport;
  #id;
  #waiting = [];
  #wake;
  #over = false;

  constructor(transport, id) {
    this.#transport = transport;
    this.#id = id;
  }

  /** From the reader: a message, or the error to throw. */
  take(message) {
    if (this.#waiting.length > MAX_WAITING) {
      this.#transport.cancel(this.#id);
      message = new PyroError('refused', `${MAX_WAITING} events wait to be taken; the call was cancelled`);
    }
    this.#waiting.push(message);
    this.#wake?.();
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  async next() {
    while (!this.#over && this.#waiting.length === 0) await new Promise((resolve) => (this.#wake = resolve));
    if (this.#over) return { done: true, value: undefined };
    const message = this.#waiting.shift();
    if (message.event !== undefined) return { done: false, value: message };
    this.#over = true;
    if (message instanceof Error) throw message;
    if (message.error) throw new PyroError(message.error.code, message.error.message, message.error.hint ?? '');
    this.result = message.result;
    return { done: true, value: undefined };
  }

  async return() {
    this.close();
    return { done: true, value: undefined };
  }

  close() {
    if (this.#over) return;
    this.#over = true;
    this.#transport.cancel(this.#id);
    this.#wake?.();
  }
}

/** One run of the program, and the calls that it has not answered. */
class Process {
  calls = new Map();
  gone = false;
  closing = false;

  constructor({ program, cwd, env }) {
    const wanted = program ?? process.env.PYRO ?? 'pyro';
    let said = '';
    this.child = spawn(wanted, ['api', '--stdio'], { cwd, env, stdio: 'pipe' });
    this.child.stderr.on('data', (data) => (said = (said + data).slice(-MAX_SAID)));
    this.child.stdin.on('error', () => {}); // the end is seen, with its reason, by 'close'
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error) => {
        const hint = "Install pyro, or name it: new Pyro({ program: '/path/to/pyro' }).";
        this.#end(new PyroNotFoundError('pyro_not_found', `'${wanted}' cannot be started: ${error.message}`, hint));
        resolve();
      });
      this.child.on('close', (status, signal) => {
        const last = said.trimEnd().split('\n').pop();
        const hint = 'Call again: pyro is started for the next call, and workspaces live on.';
        this.#end(new PyroEndedError('pyro_ended', `pyro ended (${signal ?? status})${last ? `: ${last}` : ''}`, hint));
        resolve();
      });
    });
    createInterface({ input: this.child.stdout }).on('line', (line) => this.#read(JSON.parse(line)));
  }

  #read(message) {
    if (message.event === 'hello') {
      if (message.protocol === PROTOCOL) return;
      const spoken = `pyro ${message.version} speaks protocol ${message.protocol}`;
      const hint = 'Install the package of the same version as the program.';
      this.#end(new PyroVersionError('version_mismatch', `${spoken}; pyro-sandbox ${VERSION} speaks ${PROTOCOL}`, hint));
      this.child.stdin.end();
      return;
    }
    const call = this.calls.get(message.id);
    if (message.event === undefined) this.#remove(message.id);
    call?.take(message);
  }

  /** Node ends by itself when no call is under way and nobody waits for the end. */
  #hold() {
    const method = this.calls.size || this.closing ? 'ref' : 'unref';
    for (const part of [this.child, this.child.stdin, this.child.stdout, this.child.stderr]) part[method]?.();
  }

  #remove(id) {
    this.calls.delete(id);
    this.#hold();
  }

  #end(error) {
    this.gone = true;
    for (const call of this.calls.values()) call.take(error);
    this.calls.clear();
  }

  open(id, call, message) {
    this.calls.set(id, call);
    this.#hold();
    this.child.stdin.write(`${JSON.stringify({ id, ...message })}\n`);
  }

  async close() {
    this.closing = true;
    this.#hold();
    this.child.stdin.end();
    await this.ended;
  }

  cancel(id) {
    if (!this.calls.has(id)) return;
    this.#remove(id);
    this.child.stdin.write(`${JSON.stringify({ cancel: id })}\n`);
  }
}

export class Transport {
  #how;
  #process;
  #lastId = 0;

  constructor(how) {
    this.#how = how;
  }

  /** The program is started when there is none, or none any more. `message`: call, arguments, input, events. */
  open(message) {
    if (!this.#process || this.#process.gone) this.#process = new Process(this.#how);
    const id = ++this.#lastId;
    const call = new Call(this, id);
    this.#process.open(id, call, message);
    return call;
  }

  cancel(id) {
    this.#process?.cancel(id);
  }

  /** Ends the program after the calls under way. Workspaces live on. */
  async close() {
    const running = this.#process;
    this.#process = undefined;
    await running?.close();
  }
}
