// Made by generate.py from `pyro api --describe`: change nothing here.

export interface WorkspaceStatusAttentionSource {
  /** Of the shell, command or service; the workspace's for vm */
  id: string;
  kind: 'vm' | 'shell' | 'exec' | 'service';
}

export interface WorkspaceStatusAttention {
  since: number | null;
  source: WorkspaceStatusAttentionSource | null;
  /** asks: a program waits at a terminal for input; failed and finished: until they are acknowledged; waits: a shell is at its prompt */
  state: 'none' | 'waits' | 'finished' | 'failed' | 'asks';
  /** The program that asks, or what ended, and how */
  text: string | null;
}

export interface WorkspaceStatusLastCommand {
  command: string[];
  exitCode: number;
}

export interface WorkspaceStatusSecrets {
  name: string;
  sourceKind: 'literal' | 'file';
}

export interface WorkspaceStatusWorkspaceSeed {
  bytesWritten: number;
  entryCount: number;
  mode: 'empty' | 'directory' | 'tar_archive';
  seedPath: string | null;
}

export interface WorkspaceStatus {
  /** tcg is software emulation; null without a VM */
  accelerator: 'kvm' | 'tcg' | null;
  attention: WorkspaceStatusAttention;
  commandCount: number;
  /** Epoch seconds, like all times */
  createdAt: number;
  /** Variables of all that is started in it */
  env: Record<string, string>;
  /** Null only when the record is unreadable */
  environment: string | null;
  executionMode: 'guest_vm' | 'host_compat';
  expiresAt: number | null;
  /** The id of the workspace that it went on from */
  forkedFrom: string | null;
  labels: Record<string, string>;
  lastActivityAt: number;
  lastCommand: WorkspaceStatusLastCommand | null;
  /** Why it is failed */
  lastError: string | null;
  lastResetAt: number | null;
  memMib: number;
  name: string | null;
  /** Why the network is down; null when it is not */
  networkError: string | null;
  networkPolicy: 'off' | 'egress' | 'egress+published-ports';
  /** Why a started machine is paused; it goes on by itself */
  pausedReason: 'host_disk_full' | null;
  resetCount: number;
  /** Why a suspended machine was booted from its disk, without what ran */
  resumeError: string | null;
  runningCommandCount: number;
  runningServiceCount: number;
  secrets: WorkspaceStatusSecrets[];
  serviceCount: number;
  shellCount: number;
  state: 'created' | 'started' | 'suspended' | 'stopped' | 'failed';
  /** Why it stopped by itself: its time to live is over */
  stopReason: 'ttl' | null;
  /** Seconds that nobody needs the VM until it is suspended; 0: never */
  suspendAfterIdle: number;
  /** 0: never */
  ttlSeconds: number;
  vcpuCount: number;
  workspaceId: string;
  /** In the guest */
  workspacePath: string;
  workspaceSeed: WorkspaceStatusWorkspaceSeed;
}

export interface WorkspaceShellOpen {
  /** Whether the shell waits for input; null when that was not waited for */
  atPrompt: boolean | null;
  attention: WorkspaceStatusAttention;
  cols: number;
  /** Where it was opened */
  cwd: string;
  endedAt: number | null;
  executionMode: 'guest_vm' | 'host_compat';
  /** 128+N when signal N ended it; null while it runs, or when it ended with its VM */
  exitCode: number | null;
  rows: number;
  shellId: string;
  startedAt: number;
  state: 'running' | 'stopped';
  workspaceId: string;
}

export interface WorkspaceServiceStatusPublishedPorts {
  guestPort: number;
  host: string;
  hostPort: number;
  protocol: string;
}

export interface WorkspaceServiceStatusReadiness {
  /** Of type tcp */
  address: string | null;
  /** Of type command */
  command: string | null;
  intervalMs: number;
  /** Of type file */
  path: string | null;
  /** 0: none */
  timeoutSeconds: number;
  type: 'file' | 'tcp' | 'http' | 'command';
  /** Of type http */
  url: string | null;
}

export interface WorkspaceServiceStatus {
  command: string[];
  cwd: string;
  endedAt: number | null;
  executionMode: 'guest_vm' | 'host_compat';
  /** 128+N when signal N ended it */
  exitCode: number | null;
  /** In the guest, while it runs */
  pid: number | null;
  publishedPorts: WorkspaceServiceStatusPublishedPorts[];
  readiness: WorkspaceServiceStatusReadiness | null;
  readyAt: number | null;
  serviceName: string;
  startedAt: number;
  state: 'starting' | 'running' | 'stopped' | 'exited' | 'failed';
  /** Why it no longer runs, or is being ended */
  stopReason: string | null;
  workspaceId: string;
}

export interface DoctorCapabilities {
  /** Null: no environment to try it with, or not known */
  guestExec: boolean | null;
  /** A packet of a machine was answered from outside; null: not tried */
  guestNetwork: boolean | null;
  /** Null: not known within a minute */
  vmBoot: boolean | null;
}

export interface DoctorKvm {
  exists: boolean;
  readable: boolean;
  /** Why it is not usable; empty when it is */
  reason: string;
  /** Machines really run under it; null: not known within a minute */
  usable: boolean | null;
  writable: boolean;
}

export interface DoctorProblems {
  /** What to do */
  action: string;
  problem: string;
}

export interface DoctorSpares {
  createdAt: number;
  environment: string;
  memMib: number;
  networkPolicy: string;
  /** Of its QEMU, its share of what others have too */
  pssBytes: number;
  /** Of the memory that copies of its template share */
  templateBytes: number;
  vcpuCount: number;
  /** The id of the workspace that claims it */
  workspaceId: string;
}

export interface Doctor {
  accelerator: 'kvm' | 'tcg' | null;
  capabilities: DoctorCapabilities;
  environmentCache: string | null;
  /** What QEMU is confined by on this host */
  jail: string | null;
  kvm: DoctorKvm;
  /** 'unknown (still booting)' when a minute was not enough */
  networking: string;
  platform: string;
  problems: DoctorProblems[];
  qemuVersion: string | null;
  runtime: 'PASS' | 'FAIL';
  spares: DoctorSpares[];
  /** In all; of a command that does not stay, PYRO_SPARES or the configuration's spares must say so */
  sparesAllowed: number;
}

export interface EnvBuild {
  base: string;
  /** false: the command failed, and there is no environment */
  built: boolean;
  command: string[];
  /** That the command took */
  durationMs: number;
  environment: string;
  /** 128+N when signal N ended it, 124 when it ran out of time */
  exitCode: number;
  /** Of its disk, above the image */
  layers: number | null;
  /** What the environment does not have of the machine's disk */
  leftOut: string[] | null;
  /** Of a command that failed, and printed something: the file that has it */
  log: string | null;
  /** The first MiB */
  stderr: string;
  stderrBytes: number;
  stderrTruncated: boolean;
  /** The first MiB */
  stdout: string;
  stdoutBytes: number;
  stdoutTruncated: boolean;
  timedOut: boolean;
  /** The limit that timed_out speaks of; 0: there is none */
  timeoutSeconds: number;
}

export interface EnvExport {
  bytesWritten: number;
  /** The image's: that of its manifest */
  digest: string;
  entryCount: number;
  name: string;
  outputPath: string;
}

export interface EnvImportConfig {
  architecture: string;
  cmd: string[];
  created: string;
  entrypoint: string[];
  /** NAME=value */
  env: string[];
  labels: Record<string, string>;
  os: string;
  /** That it says it listens on, as 80/tcp */
  ports: string[];
  stopSignal: string;
  /** As its passwd file names it; empty: root */
  user: string;
  volumes: string[];
  workingDir: string;
}

export interface EnvImportLayers {
  /** none, gzip or zstd */
  compression: string;
  /** The digest of its tar */
  diffId: string;
  /** Of the blob; null when only the tar's is known */
  digest: string | null;
  /** Of the blob */
  sizeBytes: number;
}

export interface EnvImportPassedOver {
  reason: string;
  source: string;
}

export interface EnvImport {
  config: EnvImportConfig | null;
  configDigest: string | null;
  defaultPackages: string[];
  description: string;
  /** Of its manifest */
  digest: string | null;
  distribution: string | null;
  installDir: string | null;
  installed: boolean;
  installedAt: number | null;
  /** The lowest first */
  layers: EnvImportLayers[] | null;
  name: string;
  /** The sources that were tried before it, and why they did not serve it */
  passedOver: EnvImportPassedOver[] | null;
  platform: string;
  /** Of an image: what it is called */
  reference: string | null;
  /** What that meant when it was pulled: the digest of a manifest or an index */
  referenceDigest: string | null;
  /** What it takes on the disk */
  sizeBytes: number | null;
  /** What served it */
  source: string | null;
  sourceDigest: string | null;
  /** The workspaces that are based on it */
  usedBy: string[];
  version: string;
}

export interface EnvList {
  catalogVersion: string;
  environments: EnvImport[];
}

export interface EnvPruneRemoved {
  name: string;
  path: string;
  sizeBytes: number;
}

export interface EnvPrune {
  dryRun: boolean;
  freedBytes: number;
  /** Or would be, under --dry-run */
  removed: EnvPruneRemoved[];
}

export interface EnvPush {
  /** Those of the image that it is based on */
  baseLayerCount: number;
  /** The image's: that of its manifest */
  digest: string;
  /** Of the layer above those */
  entryCount: number;
  layerCount: number;
  name: string;
  /** In full */
  reference: string;
  /** What the registry did not have */
  sentBytes: number;
}

export interface EnvRemove {
  /** None for what workspaces still use */
  freedBytes: number;
  name: string;
}

export interface RenderScreenCursor {
  /** From 0 */
  col: number;
  /** From 0 */
  row: number;
  visible: boolean;
}

export interface RenderScreen {
  cursor: RenderScreenCursor;
  rows: string[];
  title: string;
}

export interface Render {
  /** With --screen: it is the alternate screen */
  altScreen: boolean | null;
  cols: number;
  /** The text; null when it was streamed or with --screen */
  output: string | null;
  plain: boolean;
  rows: number;
  /** With --screen */
  screen: RenderScreen | null;
}

export interface RunCleanup {
  deleted: boolean;
  reason: string;
  vmId: string;
}

export interface Run {
  accelerator: 'kvm' | 'tcg' | null;
  /** What became of the VM */
  cleanup: RunCleanup;
  command: string[];
  durationMs: number;
  environment: string;
  executionMode: 'guest_vm' | 'host_compat';
  /** 128+N when signal N ended it, 124 when it ran out of time */
  exitCode: number;
  /** The first MiB */
  stderr: string;
  stderrBytes: number;
  stderrTruncated: boolean;
  /** The first MiB */
  stdout: string;
  stdoutBytes: number;
  stdoutTruncated: boolean;
  timedOut: boolean;
  /** The limit that timed_out speaks of; 0: there is none */
  timeoutSeconds: number;
  vmId: string;
}

export interface Watch {
  /** Events told */
  count: number;
}

export interface WorkspaceCommandKill {
  command: string[];
  cwd: string;
  /** So far, while it runs */
  durationMs: number;
  /** Why it was cut short */
  error: string | null;
  executionMode: 'guest_vm' | 'host_compat';
  /** Null while it runs */
  exitCode: number | null;
  recordedAt: number;
  /** From 1 */
  sequence: number;
  state: 'running' | 'ended';
  timedOut: boolean;
  /** The limit that timed_out speaks of; 0: there is none */
  timeoutSeconds: number;
  workspaceId: string;
}

export interface WorkspaceCommandList {
  /** By sequence */
  commands: WorkspaceCommandKill[];
  count: number;
  /** Those that the history no longer has */
  droppedEntries: number;
  /** Null when there are no more */
  nextCursor: string | null;
  /** There are more, beyond --limit */
  truncated: boolean;
  workspaceId: string;
}

export interface WorkspaceCommandRead {
  command: string[];
  cursor: number;
  cwd: string;
  /** Skipped because the log no longer has them */
  droppedBytes: number;
  /** So far, while it runs */
  durationMs: number;
  /** Why it was cut short */
  error: string | null;
  executionMode: 'guest_vm' | 'host_compat';
  /** Null while it runs */
  exitCode: number | null;
  /** Where the next read begins */
  nextCursor: number;
  recordedAt: number;
  /** From 1 */
  sequence: number;
  state: 'running' | 'ended';
  stderr: string;
  stdout: string;
  timedOut: boolean;
  /** The limit that timed_out speaks of; 0: there is none */
  timeoutSeconds: number;
  /** More is there than --max-chars let through */
  truncated: boolean;
  workspaceId: string;
}

export interface WorkspaceCommit {
  /** Without what the others count */
  commitMs: number;
  /** That reading the layers took */
  digestMs: number;
  environment: string;
  /** Until what was written is on the disk, and the guest holds still */
  freezeMs: number;
  /** Of its disk, above the image */
  layers: number;
  /** What the environment does not have of the workspace's disk */
  leftOut: string[];
  /** That its first machine took */
  templateMs: number;
  workspaceId: string;
}

export interface WorkspaceDelete {
  deleted: boolean;
  workspaceId: string;
}

export interface WorkspaceDiffEntries {
  artifactType: 'file' | 'directory' | 'symlink' | 'other';
  /** The text_patch goes on in the next part */
  cut: boolean;
  /** Null when deleted */
  newMode: string | null;
  /** Octal, with the type: 100644; null when added */
  oldMode: string | null;
  path: string;
  status: 'added' | 'modified' | 'deleted' | 'type_changed';
  /** Null for what is not UTF-8 text, is over 8 MiB, or cannot be said in a patch: a directory, permissions other than the executable bit, and what is in a .git. With --name-status always */
  textPatch: string | null;
}

export interface WorkspaceDiffSummary {
  added: number;
  deleted: number;
  modified: number;
  /** With --name-status 0, as what is text is not known */
  nonText: number;
  textPatched: number;
  total: number;
  typeChanged: number;
}

export interface WorkspaceDiff {
  changed: boolean;
  /** Directories only when they are empty or their mode changed */
  entries: WorkspaceDiffEntries[];
  /** Paths that were not compared, nor what is below them: over 4,095 bytes long, or over 512 directories deep; the first 1,000 */
  leftOut: string[];
  leftOutCount: number;
  /** Null when there is no more */
  nextCursor: string | null;
  /** All text_patches together, for git apply */
  patch: string;
  summary: WorkspaceDiffSummary;
  /** There is more, beyond --max-chars */
  truncated: boolean;
  workspaceId: string;
}

export interface WorkspaceDiskExport {
  /** The image's size; it takes less where it is sparse */
  bytesWritten: number;
  /** ext4: a raw image */
  diskFormat: string;
  outputPath: string;
  workspaceId: string;
}

export interface WorkspaceDiskListEntries {
  /** other: a device, a socket or a FIFO */
  artifactType: 'file' | 'directory' | 'symlink' | 'other';
  /** Of a symlink */
  linkTarget: string | null;
  /** Octal, with the type: 100644 */
  mode: string;
  modifiedAt: number;
  /** Quoted as git does it, if it is not UTF-8 */
  path: string;
  sizeBytes: number;
}

export interface WorkspaceDiskList {
  artifactType: 'file' | 'directory' | 'symlink' | 'other';
  /** Sorted by the bytes of their paths */
  entries: WorkspaceDiskListEntries[];
  /** Null when there are no more */
  nextCursor: string | null;
  path: string;
  recursive: boolean;
  /** There are more, beyond --limit */
  truncated: boolean;
  workspaceId: string;
}

export interface WorkspaceDiskRead {
  /** Empty with --output */
  content: string;
  /** From there to the end */
  leftBytes: number;
  /** Null: all of it */
  maxBytes: number | null;
  /** Where the next read begins; null when this one reached the end */
  nextOffset: number | null;
  offset: number;
  outputPath: string | null;
  path: string;
  /** Of the whole file */
  sizeBytes: number;
  /** The file is longer than what is here */
  truncated: boolean;
  workspaceId: string;
}

export interface WorkspaceExec {
  command: string[];
  cwd: string;
  durationMs: number;
  executionMode: 'guest_vm' | 'host_compat';
  /** 128+N when signal N ended it, 124 when it ran out of time; null while it runs */
  exitCode: number | null;
  /** Background processes that were killed when the command ended */
  leftBehind: number;
  /** While it runs: where 'workspace command read' goes on */
  nextCursor: number | null;
  /** From 1, the number in the workspace's logs */
  sequence: number;
  /** With --detach, and when --max-wait-ms is over: running */
  state: 'running' | 'ended';
  /** The first MiB */
  stderr: string;
  stderrBytes: number;
  stderrTruncated: boolean;
  /** The first MiB */
  stdout: string;
  stdoutBytes: number;
  stdoutTruncated: boolean;
  timedOut: boolean;
  /** The limit that timed_out speaks of; 0: there is none */
  timeoutSeconds: number;
  workspaceId: string;
}

export interface WorkspaceExport {
  artifactType: 'file' | 'directory' | 'symlink';
  /** The sizes of the files */
  bytesWritten: number;
  /** Files, directories and links; the exported directory itself is not counted */
  entryCount: number;
  executionMode: 'guest_vm' | 'host_compat';
  outputPath: string;
  /** Sockets, FIFOs and devices below a directory; standard error names them */
  skippedCount: number;
  workspaceId: string;
  workspacePath: string;
}

export interface WorkspaceFileRead {
  /** Empty with --output */
  content: string;
  executionMode: 'guest_vm' | 'host_compat';
  /** From there to the end */
  leftBytes: number;
  /** Null: all of it */
  maxBytes: number | null;
  /** Where the next read begins; null when this one reached the end */
  nextOffset: number | null;
  offset: number;
  outputPath: string | null;
  path: string;
  /** Of the whole file */
  sizeBytes: number;
  /** The file is longer than what is here */
  truncated: boolean;
  workspaceId: string;
}

export interface WorkspaceFileWrite {
  bytesWritten: number;
  executionMode: 'guest_vm' | 'host_compat';
  path: string;
  workspaceId: string;
}

export interface WorkspaceFork {
  count: number;
  /** The id of the workspace that they go on from */
  forkedFrom: string;
  /** In the order of their numbers */
  workspaces: WorkspaceStatus[];
}

export interface WorkspaceList {
  count: number;
  /** Null when there are no more */
  nextCursor: string | null;
  /** With --all; else empty */
  spares: DoctorSpares[];
  /** There are more, beyond --limit */
  truncated: boolean;
  /** Most recent activity first */
  workspaces: WorkspaceStatus[];
}

export interface WorkspaceLogsEntries {
  command: string[];
  cwd: string;
  durationMs: number;
  /** Why the command was cut short */
  error: string | null;
  executionMode: 'guest_vm' | 'host_compat';
  exitCode: number;
  recordedAt: number;
  /** From 1 */
  sequence: number;
  /** The first MiB */
  stderr: string;
  stderrBytes: number;
  stderrTruncated: boolean;
  /** The first MiB */
  stdout: string;
  stdoutBytes: number;
  stdoutTruncated: boolean;
  timedOut: boolean;
  /** The limit that timed_out speaks of; 0: there was none */
  timeoutSeconds: number;
}

export interface WorkspaceLogs {
  count: number;
  /** The oldest, which are no longer kept (see above) */
  droppedEntries: number;
  /** By sequence */
  entries: WorkspaceLogsEntries[];
  /** Where to continue */
  nextCursor: number;
  /** There are more, beyond --limit or 16 MiB of output */
  truncated: boolean;
  workspaceId: string;
}

export interface WorkspacePatchApplyEntries {
  path: string;
  /** A renamed file is deleted and added */
  status: 'added' | 'modified' | 'deleted';
}

export interface WorkspacePatchApplySummary {
  added: number;
  deleted: number;
  modified: number;
  total: number;
}

export interface WorkspacePatchApply {
  changed: boolean;
  /** Sorted by the bytes of their paths */
  entries: WorkspacePatchApplyEntries[];
  executionMode: 'guest_vm' | 'host_compat';
  summary: WorkspacePatchApplySummary;
  workspaceId: string;
}

export interface WorkspaceServiceList {
  count: number;
  runningCount: number;
  /** By name */
  services: WorkspaceServiceStatus[];
  workspaceId: string;
}

export interface WorkspaceServiceLogs {
  command: string[];
  cwd: string;
  endedAt: number | null;
  executionMode: 'guest_vm' | 'host_compat';
  /** 128+N when signal N ended it */
  exitCode: number | null;
  /** In the guest, while it runs */
  pid: number | null;
  publishedPorts: WorkspaceServiceStatusPublishedPorts[];
  readiness: WorkspaceServiceStatusReadiness | null;
  readyAt: number | null;
  serviceName: string;
  startedAt: number;
  state: 'starting' | 'running' | 'stopped' | 'exited' | 'failed';
  stderr: string;
  stderrDroppedBytes: number;
  stdout: string;
  /** With --all: bytes that the log no longer has */
  stdoutDroppedBytes: number;
  /** Why it no longer runs, or is being ended */
  stopReason: string | null;
  /** Null with --all */
  tailLines: number | null;
  workspaceId: string;
}

export interface WorkspaceShellClose {
  attention: WorkspaceStatusAttention;
  cols: number;
  /** Where it was opened */
  cwd: string;
  endedAt: number | null;
  executionMode: 'guest_vm' | 'host_compat';
  /** 128+N when signal N ended it; null while it runs, or when it ended with its VM */
  exitCode: number | null;
  rows: number;
  shellId: string;
  startedAt: number;
  state: 'running' | 'stopped';
  workspaceId: string;
}

export interface WorkspaceShellList {
  count: number;
  /** In the order they were opened */
  shells: WorkspaceShellClose[];
  workspaceId: string;
}

export interface WorkspaceShellRead {
  /** It ends inside a full-screen program: --screen shows that */
  altScreen: boolean;
  /** Whether a program in it does; null without --wait-for-input */
  asks: boolean | null;
  /** Whether the shell waits for input; null unless the read waited for that */
  atPrompt: boolean | null;
  attention: WorkspaceStatusAttention;
  cols: number;
  cursor: number;
  /** Where it was opened */
  cwd: string;
  /** Skipped because the log no longer has them */
  droppedBytes: number;
  endedAt: number | null;
  executionMode: 'guest_vm' | 'host_compat';
  /** 128+N when signal N ended it; null while it runs, or when it ended with its VM */
  exitCode: number | null;
  /** Where the next read begins; with --screen the end of the log */
  nextCursor: number;
  /** Empty with --screen */
  output: string;
  plain: boolean;
  rows: number;
  /** With --screen */
  screen: RenderScreen | null;
  shellId: string;
  startedAt: number;
  state: 'running' | 'stopped';
  /** There is more than --max-chars let through */
  truncated: boolean;
  waitForIdleMs: number | null;
  workspaceId: string;
}

export interface WorkspaceShellRecord {
  bytesWritten: number;
  droppedBytes: number;
  /** Of svg and html: with pauses cut to two seconds */
  durationSeconds: number;
  /** Of svg and html: frames */
  eventCount: number;
  format: 'cast' | 'svg' | 'html';
  outputPath: string;
  shellId: string;
  /** It reached the format's limit (svg: about 4 MiB, html: 32) */
  truncated: boolean;
  workspaceId: string;
}

export interface WorkspaceShellWrite {
  appendNewline: boolean;
  attention: WorkspaceStatusAttention;
  cols: number;
  /** Where it was opened */
  cwd: string;
  endedAt: number | null;
  executionMode: 'guest_vm' | 'host_compat';
  /** 128+N when signal N ended it; null while it runs, or when it ended with its VM */
  exitCode: number | null;
  /** Bytes of the input, without the newline */
  inputLength: number;
  /** With --paste: whether it was one; if not, it was typed line by line */
  pasted: boolean | null;
  rows: number;
  shellId: string;
  startedAt: number;
  state: 'running' | 'stopped';
  workspaceId: string;
}

export interface WorkspaceSnapshotCreate {
  /** What it takes on the host, beyond the layers it is based on */
  bytesWritten: number;
  createdAt: number;
  deletable: boolean;
  kind: 'baseline' | 'named' | 'memory';
  /** What its memory takes, of one that has it */
  memoryBytes: number | null;
  /** How long the machine stood still for its memory */
  pauseMs: number | null;
  snapshotName: string;
  workspaceId: string;
}

export interface WorkspaceSnapshotDelete {
  deleted: boolean;
  snapshotName: string;
  workspaceId: string;
}

export interface WorkspaceSnapshotListSnapshots {
  /** What it takes on the host, beyond the layers it is based on */
  bytesWritten: number;
  createdAt: number;
  deletable: boolean;
  kind: 'baseline' | 'named' | 'memory';
  /** What its memory takes, of one that has it */
  memoryBytes: number | null;
  snapshotName: string;
}

export interface WorkspaceSnapshotList {
  count: number;
  /** The baseline, then the others by age */
  snapshots: WorkspaceSnapshotListSnapshots[];
  workspaceId: string;
}

export interface WorkspaceStatsWorkspaces {
  /** Share of one processor since the look before; null when that was of another machine */
  cpu: number | null;
  /** Processor time since its processes started */
  cpuSeconds: number;
  /** What its disk and snapshots take on this host */
  diskBytes: number;
  /** Without the pages that it shares with other machines */
  memoryBytes: number;
  name: string | null;
  /** Frames since the machine started */
  networkReceivedBytes: number;
  networkSentBytes: number;
  runningCommandCount: number;
  runningServiceCount: number;
  shellCount: number;
  state: 'created' | 'started' | 'suspended' | 'stopped' | 'failed';
  workspaceId: string;
}

export interface WorkspaceStats {
  count: number;
  /** When it was looked */
  time: number;
  workspaces: WorkspaceStatsWorkspaces[];
}

export interface WorkspaceSummaryChanged {
  path: string;
  status: string;
}

export interface WorkspaceSummaryChanges {
  added: number;
  deleted: number;
  modified: number;
  total: number;
  typeChanged: number;
}

export interface WorkspaceSummaryCommands {
  /** As a shell reads it */
  command: string;
  /** Null while it runs */
  exitCode: number | null;
  sequence: number;
}

export interface WorkspaceSummaryRunning {
  /** The sequence, shell_id or service_name */
  id: string;
  kind: 'command' | 'shell' | 'service';
  /** The command, or the shell's directory */
  text: string;
}

export interface WorkspaceSummary {
  attention: 'none' | 'waits' | 'finished' | 'failed' | 'asks';
  /** The first of them */
  changed: WorkspaceSummaryChanged[];
  /** In /workspace since create */
  changes: WorkspaceSummaryChanges | null;
  /** Why there are none */
  changesError: string | null;
  commandCount: number;
  /** The last ones, the newest first */
  commands: WorkspaceSummaryCommands[];
  environment: string | null;
  lastError: string | null;
  name: string | null;
  networkPolicy: 'off' | 'egress' | 'egress+published-ports';
  /** What asks, failed, finished or waits */
  reason: string | null;
  /** Some of them */
  running: WorkspaceSummaryRunning[];
  runningCount: number;
  state: string;
  workspaceId: string;
}

export interface WorkspaceSyncPushWorkspaceSync {
  /** The sizes of the files */
  bytesWritten: number;
  destination: string;
  /** Files, directories and links */
  entryCount: number;
  mode: 'directory' | 'tar_archive';
  /** Sockets, FIFOs and devices; standard error names them */
  skippedCount: number;
  sourcePath: string;
}

export interface WorkspaceSyncPush {
  executionMode: 'guest_vm' | 'host_compat';
  workspaceId: string;
  workspaceSync: WorkspaceSyncPushWorkspaceSync;
}

export interface WorkspaceTimelineEntries {
  /** Who typed it */
  by: 'cli' | 'interface' | 'mcp' | 'api' | null;
  durationMs: number | null;
  event: 'created' | 'started' | 'stopped' | 'failed' | 'exec_started' | 'exec_ended' | 'shell_opened' | 'shell_ended' | 'input' | 'files' | 'service' | 'attention' | 'network' | 'snapshot' | 'reset' | 'forked' | 'commit' | 'suspended' | 'resumed';
  exitCode: number | null;
  /** Something was typed that is not kept: the terminal did not show it */
  hidden: boolean;
  /** Of the shell, service, snapshot, environment or other workspace; the sequence of a command */
  id: string | null;
  /** It only grows */
  number: number;
  /** The place in the shell's log: a cursor to read at */
  offset: number | null;
  /** The names of those that it was given */
  secrets: string[];
  /** Of a service, of attention; what became of it */
  state: string | null;
  /** The command, what was typed, the path, the reason; null when it is not kept */
  text: string | null;
  time: number;
}

export interface WorkspaceTimeline {
  count: number;
  /** The oldest first */
  entries: WorkspaceTimelineEntries[];
  /** Null when there are no more */
  nextCursor: string | null;
  /** There are more, beyond --limit */
  truncated: boolean;
  workspaceId: string;
}

export type EnvInspect = EnvImport;
export type EnvPull = EnvImport;
export type WorkspaceCommandWait = WorkspaceCommandKill;
export type WorkspaceCreate = WorkspaceStatus;
export type WorkspaceFileList = WorkspaceDiskList;
export type WorkspaceHold = WorkspaceStatus;
export type WorkspaceReset = WorkspaceStatus;
export type WorkspaceServiceStart = WorkspaceServiceStatus;
export type WorkspaceServiceStop = WorkspaceServiceStatus;
export type WorkspaceShellResize = WorkspaceShellClose;
export type WorkspaceShellSignal = WorkspaceShellClose;
export type WorkspaceStart = WorkspaceStatus;
export type WorkspaceStop = WorkspaceStatus;
export type WorkspaceSuspend = WorkspaceStatus;
export type WorkspaceUpdate = WorkspaceStatus;
export type WorkspaceWait = WorkspaceStatus;
