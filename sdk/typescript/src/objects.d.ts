import type {
  Calls,
  WorkspaceCreateOptions,
  WorkspaceDiffOptions,
  WorkspaceExecOptions,
  WorkspaceFileListOptions,
  WorkspaceFileReadOptions,
  WorkspaceLogsOptions,
  WorkspaceServiceLogsOptions,
  WorkspaceServiceStartOptions,
  WorkspaceShellOpenOptions,
  WorkspaceShellReadOptions,
  WorkspaceShellSignalOptions,
  WorkspaceShellWriteOptions,
  WorkspaceSyncPushOptions,
} from './calls.js';
import type * as results from './results.js';

/** What each call takes besides the command's own options. */
export interface CallOptions {
  /** Cancels the call; it then throws the signal's reason */
  abortSignal?: AbortSignal;
  /** Gets the command's output, its progress and notes while it runs */
  onEvent?: (event: CallEvent) => void;
}

export interface CallEvent {
  event: 'output' | 'progress' | 'note' | 'entry';
  stream?: 'stdout' | 'stderr';
  text?: string;
  phase?: string | null;
  done?: number | null;
  total?: number | null;
  unit?: string | null;
  message?: string;
  entry?: Record<string, unknown>;
}

/** What a command wrote. */
export interface Output {
  stream: 'stdout' | 'stderr';
  text: string;
}

/** The output of a command as it comes. Leaving the loop early ends the command. */
export declare class OutputStream<Result, Item = Output> implements AsyncIterable<Item> {
  /** There when the stream is over */
  readonly result: Result | undefined;
  [Symbol.asyncIterator](): AsyncIterator<Item>;
  close(): void;
}

export interface PyroOptions {
  /** The program; by default that of $PYRO, or of $PATH */
  program?: string;
  /** What host paths are relative to */
  cwd?: string;
  /** The program's environment; by default this process's */
  env?: Record<string, string>;
}

/**
 * pyro, for programs: a method for each command. The program is started with the first call and serves all that
 * follow, side by side, until close(). Workspaces live on.
 */
export declare class Pyro extends Calls {
  constructor(options?: PyroOptions);
  /** Any command by its name, its arguments in camelCase */
  call(call: string, args?: CallOptions & Record<string, unknown>): Promise<Record<string, unknown>>;
  /** A command whose output comes while it runs: exec, run, logs with follow */
  stream(call: string, args?: CallOptions & Record<string, unknown>): OutputStream<Record<string, unknown>>;
  /** A new workspace; `await using` deletes it */
  workspace(environment: string, options?: WorkspaceCreateOptions): Promise<Workspace>;
  /** One that is there, by its id or name; `await using` leaves it as it is */
  existingWorkspace(workspaceId: string): Workspace;
  /** Ends the program, after the calls under way */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ExecOptions extends Omit<WorkspaceExecOptions, 'onEvent'> {
  /** Throw CommandError when the status is not 0 */
  check?: boolean;
  onOutput?: (output: Output) => void;
}

export declare class Workspace {
  constructor(pyro: Pyro, id: string, options?: { keep?: boolean });
  readonly pyro: Pyro;
  readonly id: string;
  delete(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
  status(): Promise<results.WorkspaceStatus>;
  exec(command: readonly string[], options?: ExecOptions): Promise<results.WorkspaceExec>;
  execStream(command: readonly string[], options?: WorkspaceExecOptions): OutputStream<results.WorkspaceExec>;
  logs(options?: WorkspaceLogsOptions): Promise<results.WorkspaceLogs>;
  /** Its commands, those that have ended and then each as it ends, until the workspace stops */
  followLogs(options?: WorkspaceLogsOptions): OutputStream<results.WorkspaceLogs, results.WorkspaceLogs['entries'][number]>;
  /** What was done in it, what changed and what runs, in at most 2 KB */
  summary(): Promise<results.WorkspaceSummary>;
  /** A shell that persists; `await using` closes it */
  openShell(options?: WorkspaceShellOpenOptions): Promise<Shell>;
  /** One that is open; `await using` leaves it so */
  shell(shellId: string): Shell;
  /** Starts one and waits until it is ready */
  startService(serviceName: string, command: readonly string[], options?: WorkspaceServiceStartOptions): Promise<Service>;
  service(serviceName: string): Service;
  readFile(path: string, options?: WorkspaceFileReadOptions): Promise<string>;
  writeFile(path: string, text: string): Promise<void>;
  listFiles(path?: string, options?: WorkspaceFileListOptions): Promise<results.WorkspaceFileList['entries']>;
  diff(options?: WorkspaceDiffOptions): Promise<results.WorkspaceDiff>;
  /** Copies a directory of the host into it */
  push(source: string, options?: WorkspaceSyncPushOptions): Promise<results.WorkspaceSyncPush>;
  /** Copies a file or directory of it to the host */
  export(path: string, output: string): Promise<results.WorkspaceExport>;
  snapshot(name: string): Promise<results.WorkspaceSnapshotCreate>;
  reset(snapshot?: string): Promise<results.WorkspaceReset>;
  stop(): Promise<results.WorkspaceStop>;
  start(): Promise<results.WorkspaceStart>;
}

/** A shell; reading goes on where the last read ended. */
export declare class Shell {
  constructor(workspace: Workspace, id: string, options?: { cursor?: number; keep?: boolean });
  readonly workspace: Workspace;
  readonly id: string;
  cursor: number;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
  /** Types a line, Enter included unless `noNewline` */
  write(input: string, options?: WorkspaceShellWriteOptions): Promise<void>;
  /** What it has shown since the last read; `plain`, the default: as text without escape sequences */
  read(options?: WorkspaceShellReadOptions): Promise<results.WorkspaceShellRead>;
  /** Types a line, waits for the prompt, and returns what was shown */
  run(input: string, options?: WorkspaceShellReadOptions): Promise<string>;
  signal(signal?: WorkspaceShellSignalOptions['signal']): Promise<void>;
  resize(cols: number, rows: number): Promise<void>;
}

export declare class Service {
  constructor(workspace: Workspace, name: string);
  readonly workspace: Workspace;
  readonly name: string;
  status(): Promise<results.WorkspaceServiceStatus>;
  logs(options?: WorkspaceServiceLogsOptions): Promise<results.WorkspaceServiceLogs>;
  /** Its log from now on; leaving the loop early ends the stream, the service goes on */
  followLogs(options?: WorkspaceServiceLogsOptions): OutputStream<results.WorkspaceServiceLogs>;
  stop(): Promise<results.WorkspaceServiceStop>;
}
