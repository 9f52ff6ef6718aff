// What can go wrong.

/** A call failed. `code` is one of pyro's ("workspace_not_found"), `hint` says what to do, or is empty. */
export class PyroError extends Error {
  constructor(code, message, hint = '') {
    super(hint ? `${message}\n${hint}` : message);
    this.name = new.target.name;
    this.code = code;
    this.hint = hint;
  }
}

/** There is no program `pyro` to talk to. */
export class PyroNotFoundError extends PyroError {}

/** The program speaks another protocol than this package. */
export class PyroVersionError extends PyroError {}

/** The program ended in the middle of a call. The next call starts it again; workspaces live on. */
export class PyroEndedError extends PyroError {}

/** With `check`: a command in the guest exited with another status than 0. */
export class CommandError extends PyroError {
  constructor(result) {
    const last = result.stderr.trimEnd().split('\n').pop();
    super('command_failed', `${result.command[0]} exited with status ${result.exitCode}${last ? `: ${last}` : ''}`);
    this.result = result;
  }
}
