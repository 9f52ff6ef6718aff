// Made by generate.py from `pyro api --describe`: change nothing here.

import type {
  Doctor,
  EnvBuild,
  EnvExport,
  EnvImport,
  EnvInspect,
  EnvList,
  EnvPrune,
  EnvPull,
  EnvPush,
  EnvRemove,
  Render,
  Run,
  Watch,
  WorkspaceCommandKill,
  WorkspaceCommandList,
  WorkspaceCommandRead,
  WorkspaceCommandWait,
  WorkspaceCommit,
  WorkspaceCreate,
  WorkspaceDelete,
  WorkspaceDiff,
  WorkspaceDiskExport,
  WorkspaceDiskList,
  WorkspaceDiskRead,
  WorkspaceExec,
  WorkspaceExport,
  WorkspaceFileList,
  WorkspaceFileRead,
  WorkspaceFileWrite,
  WorkspaceFork,
  WorkspaceHold,
  WorkspaceList,
  WorkspaceLogs,
  WorkspacePatchApply,
  WorkspaceReset,
  WorkspaceServiceList,
  WorkspaceServiceLogs,
  WorkspaceServiceStart,
  WorkspaceServiceStatus,
  WorkspaceServiceStop,
  WorkspaceShellClose,
  WorkspaceShellList,
  WorkspaceShellOpen,
  WorkspaceShellRead,
  WorkspaceShellRecord,
  WorkspaceShellResize,
  WorkspaceShellSignal,
  WorkspaceShellWrite,
  WorkspaceSnapshotCreate,
  WorkspaceSnapshotDelete,
  WorkspaceSnapshotList,
  WorkspaceStart,
  WorkspaceStats,
  WorkspaceStatus,
  WorkspaceStop,
  WorkspaceSummary,
  WorkspaceSuspend,
  WorkspaceSyncPush,
  WorkspaceTimeline,
  WorkspaceUpdate,
  WorkspaceWait,
} from './results.js';
import type { CallOptions } from './objects.js';

export interface DoctorOptions extends CallOptions {
  /** Start the test machine from this environment; without it, from one that is installed */
  environment?: string;
}

export interface EnvBuildOptions extends CallOptions {
  /** An environment variable; without a value, that of this process, if it has one */
  env?: Readonly<Record<string, string>>;
  /** Memory, at most the host's */
  memMib?: number;
  /** Let it connect out; without this it has no network at all */
  network?: boolean;
  /** Run this script of the host, by what its first line names or else sh; -: standard input */
  script?: string;
  /** Kill the command after this time; 0: never */
  timeoutSeconds?: number;
  /** Virtual processors, at most the host's and 32 */
  vcpuCount?: number;
}

export interface EnvExportOptions extends CallOptions {
}

export interface EnvImportOptions extends CallOptions {
}

export interface EnvInspectOptions extends CallOptions {
}

export interface EnvListOptions extends CallOptions {
}

export interface EnvPruneOptions extends CallOptions {
  /** Remove nothing; only say what would be removed */
  dryRun?: boolean;
}

export interface EnvPullOptions extends CallOptions {
  /** Certificates to trust a registry by as well, in PEM */
  caFile?: string;
  /** Fail if the tag means another image than the one that is installed */
  locked?: boolean;
  /** Where it is to come from; else the first that can serve it */
  source?: 'debian-packages' | 'registry';
}

export interface EnvPushOptions extends CallOptions {
  /** Certificates to trust the registry by as well, in PEM */
  caFile?: string;
}

export interface EnvRemoveOptions extends CallOptions {
}

export interface RenderOptions extends CallOptions {
  /** Columns of the terminal */
  cols?: number;
  /** The recording; standard input without it or for "-" */
  file?: string;
  /** The text that scrolled past (this is the default) */
  plain?: boolean;
  /** Rows of the terminal */
  rows?: number;
  /** The screen at the end instead */
  screen?: boolean;
}

export interface RunOptions extends CallOptions {
  /** Where no VM can be had, run on the host itself, without isolation */
  allowHostCompat?: boolean;
  /** Of an image: this program in place of its own entry point and command; empty: none */
  entrypoint?: string;
  /** An environment variable; without a value, that of this process, if it has one */
  env?: Readonly<Record<string, string>>;
  /** Memory, at most the host's */
  memMib?: number;
  /** Let it connect out; without this it has no network at all */
  network?: boolean;
  /** Kill the command after this time; 0: never */
  timeoutSeconds?: number;
  /** Stop the VM after this time; 0: never */
  ttlSeconds?: number;
  /** Virtual processors, at most the host's and 32 */
  vcpuCount?: number;
  /** The command's standard input */
  input?: string;
}

export interface WatchOptions extends CallOptions {
  /** Only these; it ends when all of them are deleted */
  workspaces?: readonly string[];
}

export interface WorkspaceCommandKillOptions extends CallOptions {
  /** The signal, to the command's process group */
  signal?: 'HUP' | 'INT' | 'QUIT' | 'TERM' | 'KILL';
}

export interface WorkspaceCommandListOptions extends CallOptions {
  /** Where to continue: the next_cursor of the last answer */
  cursor?: string;
  /** At most this many entries */
  limit?: number;
}

export interface WorkspaceCommandReadOptions extends CallOptions {
  /** Where to begin: 0, or the next_cursor of the last read */
  cursor?: number;
  /** Characters at most, of both outputs together */
  maxChars?: number;
  /** First wait until it has ended or printed --max-chars, but no longer than this; with --wait-for-idle-ms default 30000, or twice that */
  maxWaitMs?: number;
  /** First wait until nothing was printed for this long */
  waitForIdleMs?: number;
}

export interface WorkspaceCommandWaitOptions extends CallOptions {
  /** Wait no longer than this, and answer that it still runs; 0: however long */
  timeoutSeconds?: number;
}

export interface WorkspaceCommitOptions extends CallOptions {
}

export interface WorkspaceCreateOptions extends CallOptions {
  /** Where no VM can be had, run on the host itself, without isolation */
  allowHostCompat?: boolean;
  /** With --hold: delete it when it has ended, unless it failed */
  delete?: boolean;
  /** A variable of all that is started in it; without a value, that of this process, if it has one */
  env?: Readonly<Record<string, string>>;
  /** Run it in the foreground, for as long as this process lives, as workspace hold does */
  hold?: boolean;
  /** A label */
  label?: Readonly<Record<string, string>>;
  /** Memory, at most the host's */
  memMib?: number;
  /** A name to call it by, besides its id */
  name?: string;
  /** off: no network device; egress: connections out; the last also lets services publish ports on this host's loopback */
  networkPolicy?: 'off' | 'egress' | 'egress+published-ports';
  /** A secret; the value is visible in the process list: prefer --secret-file */
  secret?: Readonly<Record<string, string>>;
  /** A secret that is the text of a file */
  secretFile?: Readonly<Record<string, string>>;
  /** What /workspace begins with: a directory, or a .tar, .tar.gz, .tgz, .tar.zst or .tar.xz */
  seedPath?: string;
  /** Suspend it once nobody has needed it for so long, at least 60; 0: never */
  suspendAfterIdle?: number;
  /** Stop the VM after this time; 0: never */
  ttlSeconds?: number;
  /** Virtual processors, at most the host's and 32 */
  vcpuCount?: number;
}

export interface WorkspaceDeleteOptions extends CallOptions {
}

export interface WorkspaceDiffOptions extends CallOptions {
  /** Where to go on: the next_cursor of the last answer */
  cursor?: string;
  /** Characters of paths and patches at most */
  maxChars?: number;
  /** Only which paths changed and how, without patches */
  nameStatus?: boolean;
  /** Only this file or directory below /workspace */
  path?: readonly string[];
  /** Before the patch, a line for each changed path */
  stat?: boolean;
}

export interface WorkspaceDiskExportOptions extends CallOptions {
}

export interface WorkspaceDiskListOptions extends CallOptions {
  /** Where to continue: the next_cursor of the last answer */
  cursor?: string;
  /** At most this many entries */
  limit?: number;
  /** A directory or file: absolute, or relative to /workspace */
  path?: string;
  /** Also list what is below its directories */
  recursive?: boolean;
}

export interface WorkspaceDiskReadOptions extends CallOptions {
  /** How much of it at most: 65536 when not given, or all with --content-only and --output; text is cut between characters and is at most 8 MiB */
  maxBytes?: number;
  /** Where to begin: 0, or the next_offset of the last read */
  offset?: number;
  /** Write the bytes into this new file instead */
  output?: string;
}

export interface WorkspaceExecOptions extends CallOptions {
  /** Directory to run in; relative to /workspace */
  cwd?: string;
  /** Do not wait for it: print its number for 'workspace command'; it has no input */
  detach?: boolean;
  /** An environment variable; without a value, that of this process, if it has one */
  env?: Readonly<Record<string, string>>;
  /** Wait no longer than this: what runs then goes on as with --detach */
  maxWaitMs?: number;
  /** A secret of the workspace, as an environment variable of that name or VAR */
  secretEnv?: readonly string[];
  /** Kill the command after this time; 0: never; default 30, or 0 with --detach */
  timeoutSeconds?: number;
  /** Run as this user of the guest, by name or number, and let it have /workspace */
  user?: string;
  /** The command's standard input */
  input?: string;
}

export interface WorkspaceExportOptions extends CallOptions {
}

export interface WorkspaceFileListOptions extends CallOptions {
  /** Where to continue: the next_cursor of the last answer */
  cursor?: string;
  /** At most this many entries */
  limit?: number;
  /** A directory below /workspace, or one file */
  path?: string;
  /** Also list what is below its directories */
  recursive?: boolean;
}

export interface WorkspaceFileReadOptions extends CallOptions {
  /** How much of it at most: 65536 when not given, or all with --content-only and --output; text is cut between characters and is at most 8 MiB */
  maxBytes?: number;
  /** Where to begin: 0, or the next_offset of the last read */
  offset?: number;
  /** Write the bytes into this new file instead */
  output?: string;
}

export interface WorkspaceFileWriteOptions extends CallOptions {
  /** The new content: UTF-8, at most 8 MiB */
  text?: string;
  /** A file on this host that holds the text; -: standard input */
  textFile?: string;
}

export interface WorkspaceForkOptions extends CallOptions {
  /** How many */
  count?: number;
  /** Leave the memory: the forks have the disk alone, and are stopped */
  diskOnly?: boolean;
  /** A variable of what is started in the fork, beside the workspace's or in place of one */
  env?: Readonly<Record<string, string>>;
  /** A label */
  label?: Readonly<Record<string, string>>;
  /** What the fork is called; of several, what their numbered names begin with */
  name?: string;
  /** A secret; the value is visible in the process list: prefer --secret-file */
  secret?: Readonly<Record<string, string>>;
  /** A secret that is the text of a file */
  secretFile?: Readonly<Record<string, string>>;
  /** Go on from this snapshot (or baseline) in place of now */
  snapshot?: string;
  /** Stop a fork this long after its start, 0: never; without it, as the workspace has it */
  ttlSeconds?: number;
}

export interface WorkspaceHoldOptions extends CallOptions {
  /** Delete the workspace when it has ended, unless it failed */
  delete?: boolean;
  /** Only wait for its end: it may run elsewhere, and lives on after this */
  watch?: boolean;
}

export interface WorkspaceListOptions extends CallOptions {
  /** Also the spares: machines that wait for the next create or run */
  all?: boolean;
  /** Where to continue: the next_cursor of the last answer */
  cursor?: string;
  /** At most this many entries */
  limit?: number;
}

export interface WorkspaceLogsOptions extends CallOptions {
  /** Where to begin: a sequence, or the next_cursor of the last answer */
  cursor?: number;
  /** Go on with each command as it ends, until the workspace stops */
  follow?: boolean;
  /** At most this many commands */
  limit?: number;
  /** Only commands that began since: a time (2026-05-01T12:30, with Z in UTC), how long ago (90s, 10m, 2h, 3d) or epoch seconds */
  since?: string;
  /** The last lines of output, counted over all commands */
  tailLines?: number;
}

export interface WorkspacePatchApplyOptions extends CallOptions {
  /** The patch itself: UTF-8, at most 8 MiB */
  patch?: string;
  /** A file on this host that holds it; -: standard input */
  patchFile?: string;
}

export interface WorkspaceResetOptions extends CallOptions {
  /** Leave the memory of a snapshot: boot from its disk */
  diskOnly?: boolean;
  /** The snapshot to go back to; baseline: what it was created with */
  snapshot?: string;
}

export interface WorkspaceServiceListOptions extends CallOptions {
}

export interface WorkspaceServiceLogsOptions extends CallOptions {
  /** All output that is kept, instead */
  all?: boolean;
  /** Go on with new output, until the service ends */
  follow?: boolean;
  /** The last lines of each output */
  tailLines?: number;
}

export interface WorkspaceServiceStartOptions extends CallOptions {
  /** Directory to run in; relative to /workspace */
  cwd?: string;
  /** An environment variable; without a value, that of this process, if it has one */
  env?: Readonly<Record<string, string>>;
  /** Have this host's 127.0.0.1:HOST, a free port without HOST, lead to the port GUEST of the guest's loopback, as long as the service runs */
  publish?: readonly string[];
  /** Ready when this command, run by sh, exits with status 0 */
  readyCommand?: string;
  /** Ready when this file is there; relative to --cwd */
  readyFile?: string;
  /** Ready when this URL on the guest's loopback answers 2xx or 3xx */
  readyHttp?: string;
  /** Interval between readiness checks */
  readyIntervalMs?: number;
  /** Ready when this port of the guest's loopback takes connections */
  readyTcp?: string;
  /** Stop it and fail when it is not ready by then; 0: never */
  readyTimeoutSeconds?: number;
  /** A secret of the workspace, as an environment variable of that name or VAR */
  secretEnv?: readonly string[];
  /** Run as this user of the guest, by name or number, and let it have /workspace */
  user?: string;
}

export interface WorkspaceServiceStatusOptions extends CallOptions {
}

export interface WorkspaceServiceStopOptions extends CallOptions {
}

export interface WorkspaceShellCloseOptions extends CallOptions {
}

export interface WorkspaceShellListOptions extends CallOptions {
}

export interface WorkspaceShellOpenOptions extends CallOptions {
  /** Columns */
  cols?: number;
  /** Directory to run in; relative to /workspace */
  cwd?: string;
  /** An environment variable; without a value, that of this process, if it has one */
  env?: Readonly<Record<string, string>>;
  /** Return at the first prompt, and no later than this; 0: at once */
  maxWaitMs?: number;
  /** Rows */
  rows?: number;
  /** A secret of the workspace, as an environment variable of that name or VAR */
  secretEnv?: readonly string[];
  /** Run as this user of the guest, by name or number, and let it have /workspace */
  user?: string;
}

export interface WorkspaceShellReadOptions extends CallOptions {
  /** With --plain: keep colours, as SGR sequences, and what a clear has dropped */
  colors?: boolean;
  /** Where to begin: 0, or the next_cursor of the last read */
  cursor?: number;
  /** Characters of raw output to consume at most */
  maxChars?: number;
  /** Wait no longer than this; default 30000, or twice --wait-for-idle-ms */
  maxWaitMs?: number;
  /** As text a person would have seen scroll past */
  plain?: boolean;
  /** Raw bytes even on a terminal; escape sequences take effect */
  raw?: boolean;
  /** The terminal's screen as it is now instead */
  screen?: boolean;
  /** With --plain: each line begins with when it was written last, in UTC */
  times?: boolean;
  /** First wait until there was no output for this long */
  waitForIdleMs?: number;
  /** First wait until a program in it asks for input, or the shell for a command */
  waitForInput?: boolean;
  /** First wait until the shell waits for the next command */
  waitForPrompt?: boolean;
}

export interface WorkspaceShellRecordOptions extends CallOptions {
  /** asciicast v2, an animated picture, or a page with a player in it */
  format?: 'cast' | 'svg' | 'html';
}

export interface WorkspaceShellResizeOptions extends CallOptions {
  /** Columns; unchanged without it */
  cols?: number;
  /** Rows; unchanged without it */
  rows?: number;
}

export interface WorkspaceShellSignalOptions extends CallOptions {
  /** INT is Ctrl-C; KILL ends the whole shell */
  signal?: 'HUP' | 'INT' | 'TERM' | 'KILL';
}

export interface WorkspaceShellWriteOptions extends CallOptions {
  /** Do not press Enter after it, and send newlines in it as they are */
  noNewline?: boolean;
  /** Send as one bracketed paste if the program supports it ('pasted' reports it) */
  paste?: boolean;
}

export interface WorkspaceSnapshotCreateOptions extends CallOptions {
  /** Refuse --memory while the workspace has secrets, whose values memory holds */
  forgetSecrets?: boolean;
  /** With the machine's memory: a reset brings back what runs, too */
  memory?: boolean;
}

export interface WorkspaceSnapshotDeleteOptions extends CallOptions {
}

export interface WorkspaceSnapshotListOptions extends CallOptions {
}

export interface WorkspaceStartOptions extends CallOptions {
}

export interface WorkspaceStatsOptions extends CallOptions {
  /** Look again each second, until it is ended; with --json an object a line */
  follow?: boolean;
  /** Only these; otherwise all that run */
  workspaces?: readonly string[];
}

export interface WorkspaceStatusOptions extends CallOptions {
}

export interface WorkspaceStopOptions extends CallOptions {
}

export interface WorkspaceSummaryOptions extends CallOptions {
}

export interface WorkspaceSuspendOptions extends CallOptions {
}

export interface WorkspaceSyncPushOptions extends CallOptions {
  /** Where it goes in the workspace; created if missing */
  dest?: string;
}

export interface WorkspaceTimelineOptions extends CallOptions {
  /** Where to continue: the next_cursor of the last answer */
  cursor?: string;
  /** Go on with each entry as it comes, until the workspace stops */
  follow?: boolean;
  /** At most this many entries */
  limit?: number;
  /** Only what happened since: a time (2026-05-01T12:30, with Z in UTC), how long ago (90s, 10m, 2h, 3d) or epoch seconds */
  since?: string;
}

export interface WorkspaceUpdateOptions extends CallOptions {
  /** What failed or finished is known: all, or vm, exec, shell or service, or one of those as shell:sh1 */
  acknowledge?: readonly string[];
  /** A label to remove */
  clearLabel?: readonly string[];
  /** Remove its name */
  clearName?: boolean;
  /** A label to set */
  label?: Readonly<Record<string, string>>;
  /** Memory, at most the host's; of a stopped workspace */
  memMib?: number;
  /** Its new name */
  name?: string;
  /** Suspend it once nobody has needed it for so long, at least 60; 0: never */
  suspendAfterIdle?: number;
  /** Virtual processors, at most the host's and 32; of a stopped workspace */
  vcpuCount?: number;
}

export interface WorkspaceWaitOptions extends CallOptions {
  /** ready: started; idle: no command runs and each shell is at its prompt; attention: something asks, failed or finished; suspended; stopped */
  for?: 'ready' | 'idle' | 'attention' | 'suspended' | 'stopped';
  /** Fail when it is not so by then; 0: wait however long */
  timeoutSeconds?: number;
}

/** A method for each command; the result is the object that `--json` prints, its names in camelCase. */
export declare abstract class Calls {
  /** Find out what this machine can do, by trying it. */
  doctor(options?: DoctorOptions): Promise<Doctor>;
  /**
   * Make an environment of another, and of what a command does in it.
   * @param name What the environment is called
   * @param from The environment that the command runs in
   * @param command The command and its arguments, each kept as it is; with --script, arguments of the script
   */
  buildEnv(name: string, from: string, command?: readonly string[], options?: EnvBuildOptions): Promise<EnvBuild>;
  /**
   * Write an installed environment as an image in an archive.
   * @param environment The environment, for example debian:12
   * @param output The archive to make; it must not exist
   */
  exportEnv(environment: string, output: string, options?: EnvExportOptions): Promise<EnvExport>;
  /**
   * Make an environment of an archive: of a root file system, or of an image.
   * @param name What the environment is called
   * @param file A tar archive, plain or compressed by gzip, zstd or xz; -: standard input
   */
  importEnv(name: string, file: string, options?: EnvImportOptions): Promise<EnvImport>;
  /**
   * Show an environment: what it holds and where it is.
   * @param environment The environment, for example debian:12
   */
  inspectEnvironment(environment: string, options?: EnvInspectOptions): Promise<EnvInspect>;
  /** List all environments, and which of them are installed. */
  listEnvironments(options?: EnvListOptions): Promise<EnvList>;
  /** Remove environments, layers, kernels and templates that no workspace needs. */
  pruneEnvironments(options?: EnvPruneOptions): Promise<EnvPrune>;
  /**
   * Install an environment, or check and repair an installed one.
   * @param environment The environment, for example debian:12
   */
  pullEnvironment(environment: string, options?: EnvPullOptions): Promise<EnvPull>;
  /**
   * Give an installed environment to a registry, as an image.
   * @param environment The environment, for example debian:12
   * @param reference What the image is to be called: [HOST[:PORT]/]NAME[:TAG][@DIGEST]
   */
  pushEnv(environment: string, reference: string, options?: EnvPushOptions): Promise<EnvPush>;
  /**
   * Remove an installed environment.
   * @param environment The environment, for example debian:12
   */
  removeEnv(environment: string, options?: EnvRemoveOptions): Promise<EnvRemove>;
  /** Turn recorded terminal output into text. */
  render(options?: RenderOptions): Promise<Render>;
  /**
   * Run one command in a fresh machine that is gone afterwards.
   * @param environment The environment, for example debian:12
   * @param command The command and its arguments, each kept as it is; of an image, in place of its own
   */
  runInVm(environment: string, command?: readonly string[], options?: RunOptions): Promise<Run>;
  /** Tell what happens to workspaces, one event a line, until it is ended. */
  watchWorkspaces(options?: WatchOptions): Promise<Watch>;
  /**
   * End a command that runs, or send it another signal.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   * @param sequence The command's number
   */
  killCommand(workspaceId: string, sequence: number, options?: WorkspaceCommandKillOptions): Promise<WorkspaceCommandKill>;
  /**
   * List the commands of a workspace, those that run too.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   */
  listCommand(workspaceId: string, options?: WorkspaceCommandListOptions): Promise<WorkspaceCommandList>;
  /**
   * Read what a command printed, from a cursor on.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   * @param sequence The command's number
   */
  readCommand(workspaceId: string, sequence: number, options?: WorkspaceCommandReadOptions): Promise<WorkspaceCommandRead>;
  /**
   * Wait until a command has ended.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   * @param sequence The command's number
   */
  waitCommand(workspaceId: string, sequence: number, options?: WorkspaceCommandWaitOptions): Promise<WorkspaceCommandWait>;
  /**
   * Make an environment of a workspace's disk as it is now.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   * @param name What the environment is called
   */
  commitWorkspace(workspaceId: string, name: string, options?: WorkspaceCommitOptions): Promise<WorkspaceCommit>;
  /**
   * Create a workspace: a Linux machine of its own, started.
   * @param environment The environment, for example debian:12
   */
  createWorkspace(environment: string, options?: WorkspaceCreateOptions): Promise<WorkspaceCreate>;
  /**
   * Delete a workspace with its disk, history and records.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   */
  deleteWorkspace(workspaceId: string, options?: WorkspaceDeleteOptions): Promise<WorkspaceDelete>;
  /**
   * Show what changed in /workspace since the workspace was created.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   */
  diffWorkspace(workspaceId: string, options?: WorkspaceDiffOptions): Promise<WorkspaceDiff>;
  /**
   * Write the whole disk of a stopped workspace as a raw ext4 image.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   * @param output The file to make; it must not exist
   */
  exportWorkspaceDisk(workspaceId: string, output: string, options?: WorkspaceDiskExportOptions): Promise<WorkspaceDiskExport>;
  /**
   * List files on the disk of a stopped workspace.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   */
  listWorkspaceDisk(workspaceId: string, options?: WorkspaceDiskListOptions): Promise<WorkspaceDiskList>;
  /**
   * Print a file from the disk of a stopped workspace.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   * @param path A regular file: absolute, or relative to /workspace
   */
  readWorkspaceDisk(workspaceId: string, path: string, options?: WorkspaceDiskReadOptions): Promise<WorkspaceDiskRead>;
  /**
   * Run a command in a workspace.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   * @param command The command and its arguments, each kept as it is
   */
  execWorkspace(workspaceId: string, command: readonly string[], options?: WorkspaceExecOptions): Promise<WorkspaceExec>;
  /**
   * Copy a file or directory out of a running workspace.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   * @param path A file, directory or symbolic link in the workspace
   * @param output Where it goes; must not exist yet
   */
  exportWorkspace(workspaceId: string, path: string, output: string, options?: WorkspaceExportOptions): Promise<WorkspaceExport>;
  /**
   * List files of a running workspace.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   */
  listWorkspaceFiles(workspaceId: string, options?: WorkspaceFileListOptions): Promise<WorkspaceFileList>;
  /**
   * Print a file of a running workspace.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   * @param path A file below /workspace
   */
  readWorkspaceFile(workspaceId: string, path: string, options?: WorkspaceFileReadOptions): Promise<WorkspaceFileRead>;
  /**
   * Write a text file in a running workspace.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   * @param path A file below /workspace, new or not
   */
  writeWorkspaceFile(workspaceId: string, path: string, options?: WorkspaceFileWriteOptions): Promise<WorkspaceFileWrite>;
  /**
   * Make workspaces that go on from where another one is.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   */
  forkWorkspace(workspaceId: string, options?: WorkspaceForkOptions): Promise<WorkspaceFork>;
  /**
   * Run a workspace in the foreground, for as long as this process lives.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   */
  holdWorkspace(workspaceId: string, options?: WorkspaceHoldOptions): Promise<WorkspaceHold>;
  /** List the workspaces, most recent activity first. */
  listWorkspaces(options?: WorkspaceListOptions): Promise<WorkspaceList>;
  /**
   * Show the commands a workspace ran and what they printed.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   */
  logsWorkspace(workspaceId: string, options?: WorkspaceLogsOptions): Promise<WorkspaceLogs>;
  /**
   * Apply a unified diff to the files of a running workspace.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   */
  applyWorkspacePatch(workspaceId: string, options?: WorkspacePatchApplyOptions): Promise<WorkspacePatchApply>;
  /**
   * Reset the whole workspace to its baseline or a snapshot, and start it.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   */
  resetWorkspace(workspaceId: string, options?: WorkspaceResetOptions): Promise<WorkspaceReset>;
  /**
   * List a workspace's services, including those that have ended.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   */
  listServices(workspaceId: string, options?: WorkspaceServiceListOptions): Promise<WorkspaceServiceList>;
  /**
   * Read what a service printed.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   * @param serviceName The service's name
   */
  logsService(workspaceId: string, serviceName: string, options?: WorkspaceServiceLogsOptions): Promise<WorkspaceServiceLogs>;
  /**
   * Start a service: a command that stays, and wait until it is ready.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   * @param serviceName The service's name
   * @param command The command and its arguments, each kept as it is
   */
  startService(workspaceId: string, serviceName: string, command: readonly string[], options?: WorkspaceServiceStartOptions): Promise<WorkspaceServiceStart>;
  /**
   * Show a service's status.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   * @param serviceName The service's name
   */
  statusService(workspaceId: string, serviceName: string, options?: WorkspaceServiceStatusOptions): Promise<WorkspaceServiceStatus>;
  /**
   * Stop a service: TERM, and KILL ten seconds later.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   * @param serviceName The service's name
   */
  stopService(workspaceId: string, serviceName: string, options?: WorkspaceServiceStopOptions): Promise<WorkspaceServiceStop>;
  /**
   * End a shell and all that runs in it; its output stays readable.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   * @param shellId The shell's id, for example sh1
   */
  closeShell(workspaceId: string, shellId: string, options?: WorkspaceShellCloseOptions): Promise<WorkspaceShellClose>;
  /**
   * List a workspace's shells, including those that have ended.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   */
  listShells(workspaceId: string, options?: WorkspaceShellListOptions): Promise<WorkspaceShellList>;
  /**
   * Open a shell that stays: bash on a terminal of its own.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   */
  openShell(workspaceId: string, options?: WorkspaceShellOpenOptions): Promise<WorkspaceShellOpen>;
  /**
   * Read a shell's output from a cursor on.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   * @param shellId The shell's id, for example sh1
   */
  readShell(workspaceId: string, shellId: string, options?: WorkspaceShellReadOptions): Promise<WorkspaceShellRead>;
  /**
   * Write a shell's output with its timing, as a recording to play.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   * @param shellId The shell's id, for example sh1
   * @param output The recording to write
   */
  recordShell(workspaceId: string, shellId: string, output: string, options?: WorkspaceShellRecordOptions): Promise<WorkspaceShellRecord>;
  /**
   * Give a shell's terminal another size.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   * @param shellId The shell's id, for example sh1
   */
  resizeShell(workspaceId: string, shellId: string, options?: WorkspaceShellResizeOptions): Promise<WorkspaceShellResize>;
  /**
   * Send a signal to what runs in the foreground of a shell.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   * @param shellId The shell's id, for example sh1
   */
  signalShell(workspaceId: string, shellId: string, options?: WorkspaceShellSignalOptions): Promise<WorkspaceShellSignal>;
  /**
   * Type into a shell.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   * @param shellId The shell's id, for example sh1
   * @param input What to type, control characters too; at most 1 MiB
   */
  writeShell(workspaceId: string, shellId: string, input: string, options?: WorkspaceShellWriteOptions): Promise<WorkspaceShellWrite>;
  /**
   * Keep the whole disk as it is now under a name.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   * @param snapshotName What to call it
   */
  createSnapshot(workspaceId: string, snapshotName: string, options?: WorkspaceSnapshotCreateOptions): Promise<WorkspaceSnapshotCreate>;
  /**
   * Delete a snapshot; the disk and the other snapshots stay as they are.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   * @param snapshotName The snapshot
   */
  deleteSnapshot(workspaceId: string, snapshotName: string, options?: WorkspaceSnapshotDeleteOptions): Promise<WorkspaceSnapshotDelete>;
  /**
   * List a workspace's snapshots, its baseline first.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   */
  listSnapshots(workspaceId: string, options?: WorkspaceSnapshotListOptions): Promise<WorkspaceSnapshotList>;
  /**
   * Start a stopped or failed workspace, or let a suspended one go on.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   */
  startWorkspace(workspaceId: string, options?: WorkspaceStartOptions): Promise<WorkspaceStart>;
  /** Show what workspaces use: processor, memory, disk, network. */
  statsWorkspace(options?: WorkspaceStatsOptions): Promise<WorkspaceStats>;
  /**
   * Show a workspace.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   */
  statusWorkspace(workspaceId: string, options?: WorkspaceStatusOptions): Promise<WorkspaceStatus>;
  /**
   * Stop a workspace's VM; its disk and records stay.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   */
  stopWorkspace(workspaceId: string, options?: WorkspaceStopOptions): Promise<WorkspaceStop>;
  /**
   * Show what was done in a workspace, what changed and what runs, in at most 2 KB.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   */
  summarizeWorkspace(workspaceId: string, options?: WorkspaceSummaryOptions): Promise<WorkspaceSummary>;
  /**
   * Keep a workspace's memory on disk and end its VM, to go on later.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   */
  suspendWorkspace(workspaceId: string, options?: WorkspaceSuspendOptions): Promise<WorkspaceSuspend>;
  /**
   * Copy a directory or a tar archive into a running workspace.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   * @param source A directory, or a .tar, .tar.gz, .tgz, .tar.zst or .tar.xz
   */
  pushWorkspaceSync(workspaceId: string, source: string, options?: WorkspaceSyncPushOptions): Promise<WorkspaceSyncPush>;
  /**
   * Show what happened in a workspace: commands, what was typed, files, services.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   */
  timelineWorkspace(workspaceId: string, options?: WorkspaceTimelineOptions): Promise<WorkspaceTimeline>;
  /**
   * Change a workspace's name, labels, size or when it is suspended, or acknowledge what failed in it.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   */
  updateWorkspace(workspaceId: string, options?: WorkspaceUpdateOptions): Promise<WorkspaceUpdate>;
  /**
   * Wait until a workspace is ready, idle, suspended, stopped, or needs attention.
   * @param workspaceId The workspace: its id, its name, or the first characters of its id (4 or more)
   */
  waitWorkspace(workspaceId: string, options?: WorkspaceWaitOptions): Promise<WorkspaceWait>;
}
