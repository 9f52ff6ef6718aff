import type { WorkspaceExec } from './results.js';

/** A call failed. */
export declare class PyroError extends Error {
  constructor(code: string, message: string, hint?: string);
  /** One of pyro's: "workspace_not_found" */
  readonly code: string;
  /** What to do, or empty */
  readonly hint: string;
}
/** There is no program `pyro` to talk to. */
export declare class PyroNotFoundError extends PyroError {}
/** The program speaks another protocol than this package. */
export declare class PyroVersionError extends PyroError {}
/** The program ended in the middle of a call. The next call starts it again; workspaces live on. */
export declare class PyroEndedError extends PyroError {}
/** With `check`: a command in the guest exited with another status than 0. */
export declare class CommandError extends PyroError {
  constructor(result: WorkspaceExec);
  readonly result: WorkspaceExec;
}
